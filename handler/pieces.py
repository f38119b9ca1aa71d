"""Files of a release that are fetched when they are first needed; those last used are kept."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from artifacts.errors import BrokenRelease
from handler import telemetry
from handler.aside import Aside

T = TypeVar("T")

ALONE_SECONDS = 5
"""After a failure so long nothing is waited for: of the file, or of all while the store fails."""

_LEAST = 0.05
_NAP = 0.001


class Pieces(Generic[T]):
    """Numbered files of one kind. To be used from one thread at a time.

    Args:
        kind: what one is called where it takes long.
        metric: counts failures.
        read: fetches and parses one.
        patience: seconds that a call waits for one.
        most: how much is kept.
        size: how much of that one takes.
        clock: seconds that only grow, by which failures are forgotten.
    """

    def __init__(
        self,
        kind: str,
        metric: str,
        read: Callable[[int], T],
        *,
        patience: float,
        most: int,
        size: Callable[[T], int] = lambda _: 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kind, self._metric = kind, metric
        self._read, self._patience = read, patience
        self._most, self._size = most, size
        self._clock = clock
        self._kept: OrderedDict[int, T] = OrderedDict()
        self._held = 0
        self._fetches: dict[int, Aside[T]] = {}
        self._alone_until: dict[int | None, float] = {}

    @property
    def kept(self) -> Iterable[int]:
        """The numbers of those that are at hand."""
        return self._kept

    async def get(self, number: int) -> T | None:
        """One of them, or None if it cannot be had now."""
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        fetch = self._fetches.get(number)
        if fetch is None:
            if self._is_alone(number):
                return None
            fetch = self._fetches[number] = Aside(lambda: self._read(number))
        # Lambda stops it between two calls, so the next ones give it time, too.
        until = time.monotonic() + max(self._patience - fetch.age, _LEAST)
        # Not a future of asyncio's: each call may have a loop of its own.
        while not fetch.is_done and time.monotonic() < until:
            await asyncio.sleep(_NAP)
        if not fetch.is_done:
            if not self._is_alone(None):
                self._leave_alone(None)
                error = TimeoutError(f"{self._kind} {number} takes long")
                telemetry.fault(self._metric, error)
            return None
        # Of several that wait for it one takes it, and so tells of a failure once.
        if self._fetches.pop(number, None):
            self._take(number, fetch)
        return fetch.result

    def _take(self, number: int, fetch: Aside[T]) -> None:
        if fetch.result is None:
            self._leave_alone(number if isinstance(fetch.error, BrokenRelease) else None)
            telemetry.fault(self._metric, fetch.error)
            return
        for key in (number, None):
            self._alone_until.pop(key, None)
        self._kept[number] = fetch.result
        self._held += self._size(fetch.result)
        while self._held > self._most:
            self._held -= self._size(self._kept.popitem(last=False)[1])

    def _is_alone(self, number: int | None) -> bool:
        until = max(self._alone_until.get(key, 0.0) for key in (number, None))
        return self._clock() < until

    def _leave_alone(self, number: int | None) -> None:
        self._alone_until[number] = self._clock() + ALONE_SECONDS
