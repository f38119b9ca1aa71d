"""When readers call: sessions begin by chance, more often by day and in bursts, and call again."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DAY, HOUR = 86_400.0, 3_600.0
_HOURS = (0, 6, 6, 10, 15, 22, 23, 24)
_VIEWS = (0, 0, 0.044, 0.071, 0.053, 0.050, 0.020, 0.020)


@dataclass(frozen=True)
class Burst:
    """So many times as many sessions begin as else, from `start`, for `length`, both in seconds."""

    start: float
    length: float
    times: float


@dataclass(frozen=True)
class Habits:
    """How one reader calls.

    Attributes:
        calls: of a session in the mean; one at least, the others are Poisson.
        gap: mean seconds between two calls of a session; exponential.
    """

    calls: float
    gap: float


@dataclass(frozen=True)
class Calls:
    """The calls, in the order of time.

    Attributes:
        times: float64 [n], seconds.
        readers: int64 [n], whose they are.
    """

    times: Floats
    readers: Integers


def share_of_day(seconds: Floats) -> Floats:
    """How many times the mean of a day the rate is, at seconds since midnight of the first day.

    The shares of the hours 6, 10, 15, 22 and 23 are the network's (docs/demo-data.md), straight
    lines in between; none before six, when no session of the demo data begins.
    """
    rate = np.interp(seconds % DAY / HOUR, _HOURS, _VIEWS)
    # The mean is that of the straight lines.
    return np.asarray(rate / (np.trapezoid(_VIEWS, _HOURS) / 24), np.float64)


BUSIEST = float(share_of_day(np.array([10 * HOUR]))[0])
"""Times the mean of the day, at ten in the morning."""


def calls_of(
    generator: np.random.Generator,
    rate: float,
    seconds: float,
    *,
    readers: int,
    habits: Habits,
    daily: bool = False,
    bursts: tuple[Burst, ...] = (),
) -> Calls:
    """Calls from second 0 to `seconds`; those of sessions that began before are among them.

    Args:
        generator: by which they are drawn.
        rate: calls a second in the mean, without bursts.
        seconds: how long.
        readers: how many there are, each as likely to begin a session.
        habits: theirs.
        daily: whether the rate follows the day; else it is even.
        bursts: when more sessions begin.
    """
    before = 4 * habits.calls * habits.gap
    starts = _starts(generator, rate / habits.calls, -before, seconds, daily=daily, bursts=bursts)
    counts = 1 + generator.poisson(habits.calls - 1, len(starts))
    first = counts.cumsum() - counts
    gaps = generator.exponential(habits.gap, counts.sum()) if habits.gap else np.zeros(counts.sum())
    gaps[first] = 0
    since = gaps.cumsum()
    times = np.repeat(starts - since[first], counts) + since
    whose = np.repeat(generator.integers(readers, size=len(starts)), counts)
    order = np.argsort(times, kind="stable")
    order = order[(times[order] >= 0) & (times[order] < seconds)]
    return Calls(times[order], whose[order])


def _starts(
    generator: np.random.Generator,
    rate: float,
    begin: float,
    end: float,
    *,
    daily: bool,
    bursts: tuple[Burst, ...],
) -> Floats:
    """A Poisson process whose rate changes, by thinning one of the highest rate."""
    most = rate * (BUSIEST if daily else 1) * max([1.0, *(burst.times for burst in bursts)])
    drawn = generator.uniform(begin, end, generator.poisson(most * (end - begin)))
    at = rate * (share_of_day(drawn) if daily else np.ones(len(drawn)))
    for burst in bursts:
        at[(drawn >= burst.start) & (drawn < burst.start + burst.length)] *= burst.times
    kept = generator.uniform(0, most, len(drawn)) < at
    return np.sort(drawn[kept])
