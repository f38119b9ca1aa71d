"""Feature drift: the index itself, and what there is to compare with."""

import io
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from artifacts import layout
from artifacts.manifest import Manifest
from artifacts.publish import publish
from artifacts.release import open_release
from artifacts.stores import open_store
from tests.artifacts.examples import FILES, draft
from tests.support.releases import Trained
from train.report.drift import Rows, compare, gone, stability_index
from train.report.parent import MOST_READERS, drift_from

Column = npt.NDArray[np.float32]

COLUMNS = arrays(
    np.float32,
    st.integers(1, 200),
    elements=st.one_of(st.floats(-1e6, 1e6, width=32), st.just(float("nan"))),
)


@given(COLUMNS)
def test_equal_columns_do_not_drift(column: Column) -> None:
    assert stability_index(column, column[::-1]) == 0.0
    assert stability_index(column, np.tile(column, 3)) == pytest.approx(0.0, abs=1e-9)


@given(COLUMNS, COLUMNS)
def test_an_index_is_never_negative_and_always_finite(before: Column, now: Column) -> None:
    assert 0.0 <= stability_index(before, now) < np.inf


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_of_the_same_bins_the_index_is_the_same_both_ways(before: float, now: float) -> None:
    first, second = (np.arange(100) < 100 * share for share in (before, now))
    there = stability_index(first.astype(np.float32), second.astype(np.float32))
    back = stability_index(second.astype(np.float32), first.astype(np.float32))
    assert there == pytest.approx(back)


@given(st.integers(0, 2**32 - 1))
def test_an_index_grows_with_the_distance(seed: int) -> None:
    column = np.random.default_rng(seed).normal(size=500).astype(np.float32)
    moved = [stability_index(column, column + np.float32(by)) for by in (0.0, 0.5, 1.0, 2.0)]
    assert moved == sorted(moved)
    assert moved[0] == 0.0
    assert moved[2] > 0.25


def test_the_index_is_the_sum_of_the_formula() -> None:
    before = np.repeat([0, 1], [80, 20]).astype(np.float32)
    now = np.repeat([0, 1], [60, 40]).astype(np.float32)
    expected = (0.6 - 0.8) * np.log(0.6 / 0.8) + (0.4 - 0.2) * np.log(0.4 / 0.2)
    assert stability_index(before, now) == pytest.approx(expected)


def test_what_is_not_known_is_a_bin_of_its_own() -> None:
    before = np.arange(100, dtype=np.float32)
    now = np.where(before % 2, np.float32(np.nan), before)
    assert stability_index(before, now) > 0.25
    nothing = np.full(10, np.nan, np.float32)
    assert stability_index(nothing, nothing) == 0.0


def test_a_rare_value_that_becomes_common_is_drift() -> None:
    before = np.repeat([0, 1], [990, 10]).astype(np.float32)
    assert stability_index(before, 1 - before) > 0.25
    assert stability_index(1 - before, before) > 0.25


def test_columns_that_are_new_or_gone_are_named() -> None:
    numbers = np.arange(40, dtype=np.float32).reshape(20, 2)
    before = {"reader": Rows(("age", "old"), numbers)}
    now = {"reader": Rows(("age", "fresh"), numbers + np.float32(100))}
    found = compare(before, now)
    assert [(drift.column, drift.verdict) for drift in found] == [("fresh", "new"), ("age", "much")]
    assert found[0].index is None
    assert gone(before, now) == ["old"]


def rows_like(manifest: Manifest, count: int = 50) -> dict[str, Rows]:
    """Zeros in the columns of a release."""
    features = manifest.features
    return {
        kind: Rows(columns, np.zeros((count, len(columns)), np.float32))
        for kind, columns in (("reader", features.reader), ("post", features.post))
    }


def test_without_a_parent_there_is_nothing_to_compare(trained: Trained) -> None:
    found = drift_from(open_store(str(trained.store)), None, rows_like(trained.manifest))
    assert found.obstacle == "There is no parent: nothing was served before this release."
    assert found.columns == ()


def test_the_rows_of_a_parent_come_out_of_its_files(trained: Trained) -> None:
    manifest = trained.manifest
    found = drift_from(open_store(str(trained.store)), manifest.release, rows_like(manifest))
    assert found.obstacle == ""
    assert found.rows == {"reader": (1_500, 50), "post": (300, 50)}
    assert {drift.column for drift in found.columns} == {
        *manifest.features.reader, *manifest.features.post,
    }  # fmt: skip
    drifted = {drift.column: drift.verdict for drift in found.columns}
    assert drifted["age"] == "much"
    assert drifted["in_everyone"] == "little"  # every reader's age is known, before and now


def test_of_a_release_with_many_readers_some_are_compared(trained: Trained) -> None:
    manifest = trained.manifest
    rows = rows_like(manifest, MOST_READERS + 5_000)
    found = drift_from(open_store(str(trained.store)), manifest.release, rows)
    assert found.rows is not None
    assert found.rows["reader"] == (1_500, MOST_READERS)


def test_a_parent_that_is_gone_or_changed_is_said_to_be_unreadable(
    trained: Trained, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(trained.store, tmp_path / "store"))
    store, release = open_store(str(folder)), trained.manifest.release
    posts = folder / "releases" / release / layout.POSTS
    posts.write_bytes(posts.read_bytes()[:-1] + b"?")
    found = drift_from(store, release, rows_like(trained.manifest))
    assert found.obstacle.startswith(
        f"The parent, release {release}, cannot be read: posts.parquet"
    )
    assert "its sha256 is not the manifest's" in found.obstacle
    shutil.rmtree(folder / "releases" / release)
    found = drift_from(store, release, rows_like(trained.manifest))
    assert found.obstacle.endswith(f"cannot be read: there is no release {release}.")


@pytest.mark.parametrize(
    "table",
    [
        None,
        pa.table({"other": [1]}),
        pa.table({"features": [1, 2]}),
        pa.table({"features": [[1.0, 2.0, 3.0]]}),
    ],
)
def test_a_parent_whose_files_hold_something_else_is_said_to_be_unreadable(
    table: pa.Table | None, tmp_path: Path
) -> None:
    data = b"no Parquet"
    if table is not None:
        sink = io.BytesIO()
        pq.write_table(table, sink)
        data = sink.getvalue()
    store = open_store(str(tmp_path))
    files = FILES | {layout.users_file(0): data, layout.users_file(1): data}
    release = publish(store, draft(), files.items()).release
    manifest = open_release(store, release).manifest
    found = drift_from(store, release, rows_like(manifest))
    assert f"{layout.users_file(0)} holds no rows of 2 features" in found.obstacle
