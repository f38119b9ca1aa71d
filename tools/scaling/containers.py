"""Lambda's rule, event by event: a container answers one call at a time.

A call goes to the idle container that was used last, else to a new one, whose start it waits for. A
container that was idle for long is taken away. A call needs room in the account's quota, and a new
container in the rate at which a function may grow; without, the call is refused.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from tools.scaling.arrivals import Floats, Integers

Truths = npt.NDArray[np.bool_]
Serve = Callable[[int, int], float]
"""Seconds that a call takes: of the container of that number, of the call of that number."""
REFUSED = -1


@dataclass(frozen=True)
class Rules:
    """What a function gets.

    Attributes:
        start: seconds that a new container takes until it can answer.
        idle: seconds after which an idle container is taken away.
        quota: calls at once; a container that starts holds the call that waits for it.
        growth: new containers a second, and `growth_burst` at once.
        growth_burst: how much of it can be saved up.
        ready: containers that are there, idle, when the first call comes.
    """

    start: float
    idle: float
    quota: float = np.inf
    growth: float = np.inf
    growth_burst: float = np.inf
    ready: int = 0


@dataclass(frozen=True)
class Served:
    """What became of each call.

    Attributes:
        containers: int64 [n], which container answered, or REFUSED.
        cold: bool [n], whether it was a new one.
        seconds: float64 [n], from the call to its answer; 0 where it was refused.
    """

    containers: Integers
    cold: Truths
    seconds: Floats

    @property
    def answered(self) -> Truths:
        """Whether each was answered at all: bool [n]."""
        return np.asarray(self.containers != REFUSED)

    def used(self, among: Truths) -> int:
        """How many containers answered some of the calls."""
        return len(np.unique(self.containers[among & self.answered]))


def simulate(times: Floats, serve: Serve, rules: Rules) -> Served:
    """Let containers answer calls.

    Args:
        times: float64 [n], when they come, ascending, in seconds.
        serve: how long each takes.
        rules: what the function gets.
    """
    fleet = _Fleet(rules)
    count = len(times)
    containers = np.full(count, REFUSED, np.int64)
    cold, seconds = np.zeros(count, np.bool_), np.zeros(count)
    for call, now in enumerate(times.tolist()):
        taken = fleet.take(now)
        if taken is None:
            continue
        container, cold[call] = taken
        wait = rules.start if cold[call] else 0.0
        seconds[call] = took = wait + serve(container, call)
        containers[call] = container
        fleet.busy_until(container, now + took)
    return Served(containers, cold, seconds)


class _Fleet:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._busy: list[tuple[float, int]] = []
        # The longest idle first.
        self._idle = deque((0.0, container) for container in range(rules.ready))
        self._made = rules.ready
        self._allowed, self._allowed_at = rules.growth_burst, 0.0

    def take(self, now: float) -> tuple[int, bool] | None:
        """A container and whether it is a new one, or None if the call is refused."""
        self._pass_time(now)
        if len(self._busy) >= self._rules.quota:
            return None
        if self._idle:
            return self._idle.pop()[1], False
        if not self._may_grow(now):
            return None
        self._made += 1
        return self._made - 1, True

    def busy_until(self, container: int, until: float) -> None:
        heappush(self._busy, (until, container))

    def _pass_time(self, now: float) -> None:
        while self._busy and self._busy[0][0] <= now:
            self._idle.append(heappop(self._busy))
        while self._idle and self._idle[0][0] + self._rules.idle <= now:
            self._idle.popleft()

    def _may_grow(self, now: float) -> bool:
        rules = self._rules
        if rules.growth == np.inf:
            return True
        grown = (now - self._allowed_at) * rules.growth
        self._allowed, self._allowed_at = min(rules.growth_burst, self._allowed + grown), now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True
