"""Containers do as Lambda does, and as the theory of queues says of it."""

from math import inf

import numpy as np
import pytest

from tools.scaling.arrivals import Floats, Habits, calls_of
from tools.scaling.containers import REFUSED, Rules, Served, simulate

FREE = Rules(start=0, idle=inf)


def poisson(rate: float, seconds: float, seed: int = 1) -> Floats:
    generator = np.random.default_rng(seed)
    return calls_of(generator, rate, seconds, readers=1, habits=Habits(1, 0)).times


def taking(times: Floats, durations: Floats, rules: Rules) -> Served:
    taken = durations.tolist()
    return simulate(times, lambda _, call: taken[call], rules)


def busy_at(times: Floats, served: Served, moments: Floats) -> Floats:
    """How many calls are being answered at each of the moments."""
    begins = np.sort(times[served.answered])
    ends = np.sort((times + served.seconds)[served.answered])
    begun = np.searchsorted(begins, moments, "right")
    return np.asarray(begun - np.searchsorted(ends, moments, "right"), np.float64)


RULES = [
    FREE,
    Rules(start=0.8, idle=20),
    Rules(start=0.8, idle=20, quota=12, growth=0.5, growth_burst=4),
    Rules(start=0.8, idle=2, quota=30, growth=100, growth_burst=1_000, ready=5),
]


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("seed", range(4))
def test_no_call_is_lost_and_no_container_answers_two_at_once(rules: Rules, seed: int) -> None:
    times = poisson(40, 120, seed)
    durations = np.random.default_rng(seed).exponential(0.3, len(times))
    served = taking(times, durations, rules)
    assert len(served.containers) == len(times)
    assert (served.containers[~served.answered] == REFUSED).all()
    assert (served.seconds[~served.answered] == 0).all()
    waited = np.where(served.cold, rules.start, 0)
    expected = (durations + waited)[served.answered]
    assert served.seconds[served.answered] == pytest.approx(expected)
    ends = times + served.seconds
    for container in np.unique(served.containers[served.answered]):
        its = served.containers == container
        assert (times[its][1:] >= ends[its][:-1]).all()
    assert busy_at(times, served, times).max() <= rules.quota
    assert served.used(served.answered) <= rules.ready + served.cold.sum()


def test_the_first_call_of_a_container_alone_waits_for_its_start() -> None:
    served = taking(np.array([0.0, 5.0]), np.full(2, 0.1), Rules(start=2, idle=60))
    assert served.cold.tolist() == [True, False]
    assert served.seconds.tolist() == pytest.approx([2.1, 0.1])


def test_the_container_that_was_used_last_takes_the_next_call() -> None:
    times = np.array([0.0, 0.1, 3.0])
    served = taking(times, np.array([1.0, 0.5, 0.1]), FREE)
    assert served.containers.tolist() == [0, 1, 0]  # 0 was free at 1.0, 1 at 0.6


def test_a_container_that_was_idle_for_long_is_taken_away() -> None:
    times = np.array([0.0, 59.0, 119.2])
    served = taking(times, np.full(3, 0.1), Rules(start=0, idle=60))
    assert served.cold.tolist() == [True, False, True]


def test_new_containers_come_no_faster_than_they_may() -> None:
    times = np.linspace(0, 10, 5_000, endpoint=False)
    rules = Rules(start=1_000, idle=inf, growth=10, growth_burst=50)
    served = taking(times, np.ones(len(times)), rules)
    assert served.cold[times < 0.001].sum() == 1
    assert served.cold.sum() == pytest.approx(50 + 10 * 10, abs=1)


@pytest.mark.parametrize("shape", ["the same", "exponential", "two lengths"])
def test_as_many_are_busy_as_littles_law_says_whatever_calls_take(shape: str) -> None:
    times = poisson(200, 400)
    generator = np.random.default_rng(2)
    durations = {
        "the same": np.full(len(times), 0.1),
        "exponential": generator.exponential(0.1, len(times)),
        "two lengths": generator.choice([0.05, 0.55], len(times), p=[0.9, 0.1]),
    }[shape]
    busy = busy_at(times, taking(times, durations, FREE), np.arange(10, 400, 0.25))
    # M/G/infinity: Poisson, of mean rate x time.
    assert busy.mean() == pytest.approx(20, rel=0.03)
    assert busy.var() == pytest.approx(20, rel=0.15)


def erlang_b(offered: float, servers: int) -> float:
    """The share of calls that find all servers busy."""
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked


@pytest.mark.parametrize(("offered", "quota"), [(8, 10), (20, 20), (40, 30)])
def test_as_many_are_refused_as_erlangs_formula_says(offered: int, quota: int) -> None:
    times = poisson(offered * 10, 1_000)
    durations = np.random.default_rng(2).exponential(0.1, len(times))
    served = taking(times, durations, Rules(start=0, idle=inf, quota=quota))
    refused = 1 - served.answered[1_000:].mean()
    assert refused == pytest.approx(erlang_b(offered, quota), rel=0.06)


def test_seldom_calls_are_cold_as_often_as_they_are_far_apart() -> None:
    times = poisson(1 / 300, 3_000_000)
    served = taking(times, np.full(len(times), 0.01), Rules(start=0.8, idle=600))
    assert served.cold.mean() == pytest.approx(np.exp(-600 / 300), rel=0.05)
