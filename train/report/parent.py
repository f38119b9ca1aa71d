"""The rows of features that the parent of a release serves, out of its store."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from artifacts import layout
from artifacts.errors import BrokenRelease, NotFound
from artifacts.release import Release, open_release
from artifacts.stores import ObjectStore
from train.features.rows import feature_matrix
from train.report.drift import Drift, Rows, compare, gone

MOST_READERS = 20_000
"""Of each release; the parent's come from as many whole shards as hold about so many."""


@dataclass(frozen=True)
class Drifted:
    """The drift from the parent.

    Attributes:
        parent: its release id, or None without one.
        obstacle: why there is nothing to compare, if so.
        columns: those that moved most first; new ones before all.
        gone: names of the parent's columns that are no more.
        rows: of each kind how many were compared, of the parent and of the new release.
    """

    parent: str | None
    obstacle: str = ""
    columns: tuple[Drift, ...] = ()
    gone: tuple[str, ...] = ()
    rows: Mapping[str, tuple[int, int]] | None = None


def drift_from(store: ObjectStore, parent: str | None, now: Mapping[str, Rows]) -> Drifted:
    """Compare the rows that will be served with those that the parent serves.

    Args:
        store: holds the parent.
        parent: its release id, if there is one.
        now: "reader" and "post" rows.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    if parent is None:
        return Drifted(None, "There is no parent: nothing was served before this release.")
    try:
        release = open_release(store, parent)
        before = {"reader": _readers(release), "post": _posts(release)}
    except (BrokenRelease, NotFound) as error:
        return Drifted(parent, f"The parent, release {parent}, cannot be read: {error}.")
    if empty := [
        kind for kind in now if not min(len(now[kind].features), len(before[kind].features))
    ]:
        return Drifted(parent, f"There is no {empty[0]} on one side of the comparison.")
    now = {kind: Rows(rows.columns, _at_most(rows.features)) for kind, rows in now.items()}
    return Drifted(
        parent,
        columns=tuple(compare(before, now)),
        gone=tuple(gone(before, now)),
        rows={kind: (len(before[kind].features), len(now[kind].features)) for kind in now},
    )


def _at_most(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), MOST_READERS)).astype(int)
    some: npt.NDArray[np.float32] = rows[chosen]
    return some


def _readers(release: Release) -> Rows:
    shards = min(release.manifest.user_shards, MOST_READERS // layout.READERS_PER_SHARD)
    columns = release.manifest.features.reader
    parts = [_features(release, layout.users_file(shard), columns) for shard in range(shards)]
    return Rows(columns, np.concatenate(parts))


def _posts(release: Release) -> Rows:
    columns = release.manifest.features.post
    return Rows(columns, _at_most(_features(release, layout.POSTS, columns)))


def _features(release: Release, path: str, columns: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """float32 [rows, columns] of a file."""
    data = release.read(path)
    try:
        table = pq.read_table(pa.BufferReader(data), columns=[layout.FEATURES])
        return feature_matrix(table, columns)
    except (pa.ArrowException, KeyError, ValueError, AttributeError) as error:
        raise BrokenRelease(f"{path} holds no rows of {len(columns)} features") from error
