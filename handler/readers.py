"""Readers of a release, fetched by shards as they ask."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from artifacts import layout
from artifacts.errors import BrokenRelease
from artifacts.release import Release
from handler import telemetry
from handler.aside import Aside
from handler.tables import Readers, read_readers

SHARDS_KEPT = 4
"""About 3 MB each; an instance of the function sees few readers at a time."""
PATIENCE = 0.2
"""Seconds that a call waits for a shard; then its reader gets a feed without it."""
ALONE_SECONDS = 5
"""After a failure so long nothing is waited for: of the shard, or of all while the store fails."""

_LEAST = 0.05
_NAP = 0.001


@dataclass(frozen=True)
class Reader:
    """One reader's row.

    Attributes:
        features: float32 [1, R]; NaN wherever nothing is known.
        liked: int64, ids of posts not to be recommended again.
        source: `model`; or `cold_start` for a reader whom the release does not know, and `fallback`
            where that cannot be told, for the shard cannot be had.
    """

    features: npt.NDArray[np.float32]
    liked: npt.NDArray[np.int64]
    source: str


class ReaderShards:
    """Looks readers up; a shard is fetched when one of its readers first asks.

    The SHARDS_KEPT last used are kept. To be used from one thread at a time.

    Args:
        release: whose readers.
        clock: seconds that only grow, by which failures are forgotten.
    """

    def __init__(self, release: Release, clock: Callable[[], float] = time.monotonic) -> None:
        self._release = release
        self._width = len(release.manifest.features.reader)
        self._count = release.manifest.user_shards
        self._clock = clock
        self._shards: OrderedDict[int, Readers] = OrderedDict()
        self._fetches: dict[int, Aside[Readers]] = {}
        self._alone_until: dict[int | None, float] = {}
        nothing = np.full((1, self._width), np.nan, np.float32), np.empty(0, np.int64)
        self.unknown = Reader(*nothing, "cold_start")
        self._unreachable = Reader(*nothing, "fallback")

    async def find(self, user_id: int) -> Reader:
        """The reader's row; the unknown reader's, or that of one whose shard cannot be had now."""
        number = layout.shard_of(user_id, self._count)
        shard = self._shards.get(number)
        if shard is None:
            shard = await self._fetched(number)
            if shard is None:
                return self._unreachable
        else:
            self._shards.move_to_end(number)
        position = shard.position(user_id)
        if position is None:
            return self.unknown
        return Reader(shard.features[position : position + 1], shard.liked_by(position), "model")

    async def _fetched(self, number: int) -> Readers | None:
        fetch = self._fetches.get(number)
        if fetch is None:
            if self._is_alone(number):
                return None
            fetch = self._fetches[number] = Aside(lambda: self._read(number))
        # Lambda stops it between two calls, so the next ones give it time, too.
        until = time.monotonic() + max(PATIENCE - fetch.age, _LEAST)
        # Not a future of asyncio's: each call may have a loop of its own.
        while not fetch.is_done and time.monotonic() < until:
            await asyncio.sleep(_NAP)
        if not fetch.is_done:
            if not self._is_alone(None):
                self._leave_alone(None)
                telemetry.fault("ShardFailed", TimeoutError(f"shard {number} takes long"))
            return None
        # Of several that wait for it one takes it, and so tells of a failure once.
        if self._fetches.pop(number, None):
            self._take(number, fetch)
        return fetch.result

    def _take(self, number: int, fetch: Aside[Readers]) -> None:
        if fetch.result is None:
            self._leave_alone(number if isinstance(fetch.error, BrokenRelease) else None)
            telemetry.fault("ShardFailed", fetch.error)
            return
        for key in (number, None):
            self._alone_until.pop(key, None)
        self._shards[number] = fetch.result
        while len(self._shards) > SHARDS_KEPT:
            self._shards.popitem(last=False)

    def _is_alone(self, number: int | None) -> bool:
        until = max(self._alone_until.get(key, 0.0) for key in (number, None))
        return self._clock() < until

    def _leave_alone(self, number: int | None) -> None:
        self._alone_until[number] = self._clock() + ALONE_SECONDS

    def _read(self, number: int) -> Readers:
        path = layout.users_file(number)
        return read_readers(self._release.read(path), self._width, path)
