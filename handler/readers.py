"""Readers of a release, fetched by shards as they ask, and readers who are new to it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from artifacts import layout
from artifacts.release import Release
from handler.pieces import Pieces
from handler.tables import Newcomers, Readers, read_newcomers, read_readers

SHARDS_KEPT = 4
"""About 3 MB each; an instance of the function sees few readers at a time."""
PATIENCE = 0.2
"""Seconds that a call waits for a shard; then its reader gets a feed without it."""


@dataclass(frozen=True)
class Reader:
    """One reader's row.

    Attributes:
        features: float32 [1, R]; NaN wherever nothing is known.
        liked: int64, ids of posts not to be recommended again.
        source: `model`; or `cold_start` for a reader whom the release does not know, and `fallback`
            where that cannot be told, for the shard cannot be had.
        newest_first: whether `liked` is in the order of time.
    """

    features: npt.NDArray[np.float32]
    liked: npt.NDArray[np.int64]
    source: str
    newest_first: bool = False


class ReaderShards:
    """Looks readers up; a shard is fetched when one of its readers first asks.

    The SHARDS_KEPT last used are kept. To be used from one thread at a time.

    Args:
        release: whose readers.
        clock: seconds that only grow, by which failures are forgotten.
    """

    def __init__(self, release: Release, clock: Callable[[], float] = time.monotonic) -> None:
        width = len(release.manifest.features.reader)
        self._count = release.manifest.user_shards
        self._shards = Pieces(
            "shard",
            "ShardFailed",
            # Not a method: it would hold itself, and the release, until garbage is looked for.
            partial(_read, release, width),
            patience=PATIENCE,
            most=SHARDS_KEPT,
            clock=clock,
        )
        self._newcomers = Pieces(
            "file of newcomers",
            "ShardFailed",
            partial(_read_newcomers, release, width),
            patience=PATIENCE,
            most=1,
            clock=clock,
        )
        nothing = np.full((1, width), np.nan, np.float32), np.empty(0, np.int64)
        self.unknown = Reader(*nothing, "cold_start")
        self._unreachable = Reader(*nothing, "fallback")

    async def find(self, user_id: int) -> Reader:
        """The reader's row; the unknown reader's, or that of one whose shard cannot be had now."""
        number = layout.shard_of(user_id, self._count)
        shard = await self._shards.get(number)
        if shard is None:
            return self._unreachable
        position = shard.position(user_id)
        if position is None:
            return self.unknown
        features, liked = shard.features[position : position + 1], shard.liked_by(position)
        return Reader(features, liked, "model", shard.newest_first)

    async def newcomers(self) -> Newcomers | None:
        """Readers of whom no more than a profile is known; None if they cannot be had now."""
        return await self._newcomers.get(0)

    async def near(self, user_id: int) -> tuple[int | None, int | None]:
        """The known readers before and after an id, of those in its shard; None where none is."""
        shard = await self._shards.get(layout.shard_of(user_id, self._count))
        if shard is None:
            return None, None
        before, after = (np.searchsorted(shard.ids, user_id, side) for side in ("left", "right"))
        return (
            int(shard.ids[before - 1]) if before else None,
            int(shard.ids[after]) if after < len(shard.ids) else None,
        )


def _read(release: Release, width: int, number: int) -> Readers:
    path = layout.users_file(number)
    return read_readers(release.read(path), width, path)


def _read_newcomers(release: Release, width: int, _: int) -> Newcomers:
    if layout.NEWCOMERS not in {entry.path for entry in release.manifest.files}:
        return Newcomers((), (), np.empty((0, width), np.float32))
    return read_newcomers(release.read(layout.NEWCOMERS), width)
