"""Calls come as often, and as unevenly, as they are asked to."""

import numpy as np
import pytest

from tools.scaling.arrivals import BUSIEST, DAY, HOUR, Burst, Habits, calls_of, share_of_day

HABITS = Habits(calls=5.76, gap=20)
ONCE = Habits(calls=1, gap=0)


def test_the_same_seed_gives_the_same_calls() -> None:
    first, again = (
        calls_of(np.random.default_rng(7), 20, 300, readers=1_000, habits=HABITS) for _ in range(2)
    )
    assert first.times.tolist() == again.times.tolist()
    assert first.readers.tolist() == again.readers.tolist()


def test_calls_ascend_within_the_time_and_come_from_readers_there_are() -> None:
    calls = calls_of(np.random.default_rng(1), 50, 200, readers=30, habits=HABITS)
    assert (np.diff(calls.times) >= 0).all()
    assert calls.times[0] >= 0
    assert calls.times[-1] < 200
    assert set(calls.readers.tolist()) == set(range(30))


@pytest.mark.parametrize("habits", [ONCE, HABITS])
def test_as_many_calls_come_as_the_rate_says_from_the_first_second_on(habits: Habits) -> None:
    calls = calls_of(np.random.default_rng(1), 200, 600, readers=10**6, habits=habits)
    for begin in (0, 300):
        during = (calls.times >= begin) & (calls.times < begin + 300)
        # Sessions are drawn, so the spread of their calls is the root of 6.7 times as many.
        assert during.sum() == pytest.approx(60_000, abs=5 * np.sqrt(6.7 * 60_000))


def test_a_session_is_of_one_reader_and_as_long_as_habits_say() -> None:
    calls = calls_of(np.random.default_rng(1), 10, 36_000, readers=10**9, habits=HABITS)
    _, counts = np.unique(calls.readers, return_counts=True)
    assert counts.mean() == pytest.approx(5.76, abs=0.1)
    order = np.argsort(calls.readers, kind="stable")
    gaps = np.diff(calls.times[order])[np.diff(calls.readers[order]) == 0]
    assert gaps.mean() == pytest.approx(20, rel=0.03)


def test_a_process_without_sessions_is_poisson() -> None:
    calls = calls_of(np.random.default_rng(1), 100, 2_000, readers=9, habits=ONCE)
    a_second = np.bincount(calls.times.astype(int), minlength=2_000)
    assert a_second.mean() == pytest.approx(100, abs=1)
    assert a_second.var() == pytest.approx(100, rel=0.15)


def test_the_mean_of_a_day_is_one_and_the_night_is_still() -> None:
    day = share_of_day(np.arange(0, DAY, 60.0))
    assert day.mean() == pytest.approx(1, abs=0.002)
    assert day[: 6 * 60].max() == 0
    assert day.max() == BUSIEST


def test_calls_follow_the_day() -> None:
    calls = calls_of(np.random.default_rng(1), 2, 2 * DAY, readers=9, habits=HABITS, daily=True)
    by_hour = np.bincount((calls.times % DAY // HOUR).astype(int), minlength=24) / len(calls.times)
    assert len(calls.times) == pytest.approx(4 * DAY, rel=0.02)
    assert by_hour[1:6].max() == 0
    assert by_hour[10] / by_hour[22] == pytest.approx(2, abs=0.2)


def test_a_burst_multiplies_the_rate_while_it_lasts() -> None:
    burst = Burst(start=100, length=50, times=10)
    calls = calls_of(np.random.default_rng(1), 50, 200, readers=9, habits=ONCE, bursts=(burst,))
    a_second = np.bincount(calls.times.astype(int), minlength=200)
    assert a_second[:100].mean() == pytest.approx(50, rel=0.1)
    assert a_second[100:150].mean() == pytest.approx(500, rel=0.05)
    assert a_second[150:].mean() == pytest.approx(50, rel=0.1)
