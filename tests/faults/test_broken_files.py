"""Releases whose files are not what they must be: none of them ever answers."""

import pickle
from collections.abc import Callable
from pathlib import Path

import onnx
import pyarrow as pa
import pytest

from artifacts.layout import release_key
from artifacts.moves import promote
from tests.faults.conftest import Row
from tests.faults.network import MOST_SECONDS, Network
from tests.faults.test_serving import CACHED, OTHER, Output, told
from tests.handler import small
from tools.faulty_s3 import answers_instead

pytestmark = pytest.mark.slow

Changed = dict[str, bytes]


def ranker(old: str, new: str) -> Changed:
    assert old in small.RANKER
    return {"ranker.onnx": small.graph(small.RANKER.replace(old, new))}


def external_data() -> Changed:
    model = onnx.load_from_string(small.graph())
    hour = next(found for found in model.graph.initializer if found.name == "hour")
    hour.ClearField("int64_data")
    hour.raw_data = bytes(8)
    onnx.external_data_helper.set_external_data(hour, "/etc/hostname", length=8)
    hour.ClearField("raw_data")
    return {"ranker.onnx": model.SerializeToString()}


def posts(**changed: pa.Array | None) -> Changed:
    columns = {**small.posts_columns(), **changed}
    kept = {name: column for name, column in columns.items() if column is not None}
    return {"posts.parquet": small.parquet(kept)}


N = len(small.POSTS)
BROKEN: dict[str, Callable[[], Changed]] = {
    "ranker.onnx: data in another file": external_data,
    "ranker.onnx: a node is missing": lambda: ranker("    hour_of_day = Div", "    other = Div"),
    "ranker.onnx: another input": lambda: ranker("reader", "user"),
    "ranker.onnx: one input more": lambda: ranker("int64[1] k", "int64[1] k, int64[1] more"),
    "ranker.onnx: no graph": lambda: {"ranker.onnx": b"\x08garbage"},
    "ranker.onnx: empty": lambda: {"ranker.onnx": b""},
    "posts.parquet: a column is missing": lambda: posts(topic=None),
    "posts.parquet: a column of another type": lambda: posts(text=pa.array(range(N))),
    "posts.parquet: a feature too many": lambda: posts(features=small.rows([(1, 2, 3)] * N, 3)),
    "posts.parquet: nulls": lambda: posts(text=pa.array([None, *"x" * (N - 1)])),
    "posts.parquet: no Parquet": lambda: {"posts.parquet": b"PAR1 is not all"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_release_is_refused_and_the_old_one_serves_on(
    network: Network, table: list[Row], capsys: Output, name: str
) -> None:
    network.serve("old")
    function = network.start()
    assert function.ask(CACHED) == ("old", "model")
    capsys.readouterr()
    network.serve("new", BROKEN[name]())
    assert function.answers(CACHED, during=0.4) == {("old", "model")}
    assert told(capsys) == ["ReleaseRefused"]
    network.serve("new")
    recovered = function.recovers(lambda: function.ask(CACHED) == ("new", "model"))
    assert function.slowest < MOST_SECONDS
    table.append(Row(name, "the old release", function.slowest * 1000, recovered))


@pytest.mark.parametrize(
    "path", ["manifest.json", "ranker.onnx", "posts.parquet", "users/00001.parquet"]
)
def test_files_of_two_releases_are_never_mixed(
    network: Network, table: list[Row], capsys: Output, path: str
) -> None:
    old = network.serve("old")
    function = network.start()
    assert function.ask(CACHED) == ("old", "model")
    new = network.publish("new", {"users/00001.parquet": small.parquet(_other_likes())})
    promote(network.store, new.release)
    network.server.break_down(
        release_key(new.release, path), answers_instead(new.release, old.release)
    )
    capsys.readouterr()
    if path.startswith("users/"):
        function.recovers(lambda: function.ask(CACHED) == ("new", "model"))
        assert function.answers(OTHER, during=0.3) == {("new", "fallback")}
        answered, reports = "as to a stranger", "ShardFailed"
    else:
        assert function.answers(CACHED, during=0.4) == {("old", "model")}
        answered, reports = "the old release", "ReleaseRefused"
    assert reports in told(capsys)
    network.server.heal()
    recovered = function.recovers(lambda: function.ask(CACHED) == ("new", "model"))
    assert function.slowest < MOST_SECONDS
    table.append(Row(f"{path}: the older release's", answered, function.slowest * 1000, recovered))


def _other_likes() -> dict[str, pa.Array]:
    columns = small.readers_columns(1)
    columns["liked"] = pa.array([[small.POSTS[5]]] * len(columns["user_id"]), pa.list_(pa.int64()))
    return columns


class _Executed:
    """What a pickle can do to whoever reads it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path(self.file),)  # type: ignore[return-value]


def test_a_pickled_extension_type_is_never_unpickled(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "executed"
    field = pa.field("text", pa.string()).with_metadata(
        {
            b"ARROW:extension:name": b"arrow.py_extension_type",
            b"ARROW:extension:metadata": pickle.dumps(_Executed(file)),
        }
    )
    columns = small.posts_columns()
    schema = pa.schema(
        [
            field if name == "text" else pa.field(name, column.type)
            for name, column in columns.items()
        ]
    )
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table([*columns.values()], schema=schema), sink)
    network.serve("old", {"posts.parquet": sink.getvalue().to_pybytes()})
    function = network.start()
    function.ask(CACHED)
    assert not file.exists()


def test_a_full_disk_is_no_matter(
    network: Network, table: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing can be written there, whoever tries.
    for name in ("TMPDIR", "TEMP", "TMP", "HOME"):
        monkeypatch.setenv(name, "/proc")
    network.serve("old")
    function = network.start()
    assert function.ask(OTHER) == ("old", "model")
    network.serve("new")
    recovered = function.recovers(lambda: function.ask(OTHER) == ("new", "model"))
    table.append(Row("no room in /tmp", "the new release", function.slowest * 1000, recovered))
