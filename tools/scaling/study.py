"""The simulated tables: containers and cold starts, sudden load, shards of readers."""

from dataclasses import dataclass
from functools import cache
from math import ceil, sqrt

import numpy as np

from tools.scaling import costs, facts
from tools.scaling.arrivals import DAY, Burst, Floats, Habits, calls_of
from tools.scaling.containers import Rules, Serve, Served, simulate
from tools.scaling.growth import (
    HABITS,
    NETWORKS,
    rate_of,
    shards_of,
)
from tools.scaling.shards import ShardCaches
from tools.scaling.table import Cell, Table

SEED = 1
_CALL = facts.CALL_MS.value / 1e3
_START = facts.START_MS.value / 1e3
_MISS = _CALL + costs.AS_NOW.milliseconds / 1e3
ENOUGH = 10_000.0
"""A quota of concurrency that has been raised."""
_ONCE = Habits(calls=1, gap=0)
_JUMPS = (
    (1_000, 10_000, facts.QUOTA.value), (1_000, 10_000, ENOUGH), (0, 10_000, facts.QUOTA.value),
    (0, 10_000, ENOUGH), (0, 1_000, facts.QUOTA.value), (5_000, 6_000, facts.QUOTA.value),
)  # fmt: skip
"""Calls a second before and after, and the quota of concurrency."""
_CALM = 20.0
"""Seconds before the jump, and after it."""
_SPELLS = (
    (0.01, 30 * DAY), (0.1, 10 * DAY), (1.0, 2 * DAY), (10.0, 0.5 * DAY), (100.0, 3_000.0),
    (1_000.0, 300.0), (10_000.0, 40.0),
)  # fmt: skip
"""Calls a second, and for how many seconds they are simulated: half a million of them at most."""


def _always(seconds: float) -> Serve:
    return lambda _container, _call: seconds


def _rules(
    busy: float, idle: float = facts.IDLE_SECONDS.value, quota: float = facts.QUOTA.value
) -> Rules:
    """With as many containers as so many busy ones leave: five standard deviations more."""
    ready = ceil(busy + 5 * sqrt(busy))
    growth = facts.GROWTH.value
    return Rules(_START, idle, quota, growth / 10, growth, ready=min(ready, int(quota)))


def cold_starts() -> Table:
    """How many containers there are, and how many calls wait for a new one, rows at hand."""
    rows: list[tuple[Cell, ...]] = []
    for rate, seconds in _SPELLS:
        generator = np.random.default_rng(SEED)
        calls = calls_of(
            generator, rate, seconds, readers=NETWORKS[0], habits=HABITS, daily=seconds >= DAY
        )
        later = calls.times >= seconds / 2
        served = {
            idle: simulate(calls.times, _always(_CALL), _rules(rate * _CALL, idle))
            for idle in (300.0, facts.IDLE_SECONDS.value, 2_700.0)
        }
        usual = served[facts.IDLE_SECONDS.value]
        rows.append((
            f"{rate:,g}",
            float(later.sum()),
            float(usual.seconds[later].sum() / (seconds / 2)),
            float(usual.used(calls.times >= seconds - min(600, seconds / 2))),
            *(float(100 * one.cold[later].mean()) for one in served.values()),
        ))  # fmt: skip
    return Table(
        "Containers and cold starts",
        (
            "calls a second", "calls simulated", "busy in the mean", "containers, last 10 minutes",
            "cold, %, idle for 5 minutes", "10 minutes", "45 minutes",
        ),
        rows,
    )  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What a simulation with shards found, in its second half.

    Attributes:
        readers: of the network.
        rate: calls a second.
        hits: share of calls whose shard was there.
        cold: share of calls that a new container answered.
        refused: share of calls.
        busy: containers in the mean.
        milliseconds: of a call in the mean.
    """

    readers: int
    rate: float
    hits: float
    cold: float
    refused: float
    busy: float
    milliseconds: float


@cache
def with_shards(readers: int, rate: float, quota: float = facts.QUOTA.value) -> Found:
    """Simulate calls of so many readers, each of which needs its shard."""
    seconds = min(0.5 * DAY, 240_000 / rate)
    generator = np.random.default_rng(SEED)
    calls = calls_of(generator, rate, seconds, readers=readers, habits=HABITS)
    caches = ShardCaches(
        calls, shards_of(readers), int(facts.SHARDS_KEPT.value), hit=_CALL, miss=_MISS
    )
    served = simulate(calls.times, caches.serve(), _rules(rate * _MISS, quota=quota))
    later = calls.times >= seconds / 2
    answered = served.answered & later
    wait = served.seconds - np.where(served.cold, _START, 0)
    return Found(
        readers, rate,
        hits=float((wait[answered] < _MISS).mean()),
        cold=float(served.cold[answered].mean()),
        refused=float(1 - answered.sum() / later.sum()),
        busy=float(served.seconds[later].sum() / (seconds / 2)),
        milliseconds=float(1e3 * served.seconds[answered].mean()),
    )  # fmt: skip


def shards() -> Table:
    """How often a container has the shard, and what it costs where it has not."""
    asked = [(readers, rate_of(readers)) for readers in NETWORKS]
    asked += [(NETWORKS[-1], 5_500.0), (NETWORKS[-1], 10_000.0)]
    rows: list[tuple[Cell, ...]] = []
    for readers, rate in asked:
        found = with_shards(readers, rate)
        gets = rate * (1 - found.refused) * (1 - found.hits)
        rows.append((
            f"{readers:,}", shards_of(readers), rate, 100 * found.hits, gets,
            gets * facts.SHARD_BYTES.value / 1e6, found.milliseconds, found.busy,
            100 * found.refused,
        ))  # fmt: skip
    return Table(
        "Shards of readers",
        (
            "readers", "shards", "calls a second", "shard there, %", "GETs a second", "MB a second",
            "ms a call", "containers busy", "refused, %",
        ),
        rows,
    )  # fmt: skip


def sudden() -> Table:
    """What a jump of the load does."""
    rows: list[tuple[Cell, ...]] = []
    for before, after, quota in _JUMPS:
        for where, seconds in (("at hand", _CALL), ("fetched", _MISS)):
            calls = calls_of(
                np.random.default_rng(SEED), after, 2 * _CALM,
                readers=NETWORKS[-1], habits=_ONCE, bursts=(Burst(0, _CALM, before / after),),
            )  # fmt: skip
            rules = _rules(before * seconds, quota=quota)
            served = simulate(calls.times, _always(seconds), rules)
            load = f"{before:,.0f} a second, then {after:,.0f}"
            rows.append((load, where, f"{quota:,.0f}", *_after(served, calls.times - _CALM)))
    return Table(
        "Sudden load",
        (
            "load", "readers' rows", "quota", "refused in the first second, %",
            "in the next nine, %", "in the ten after, %", "cold in the first ten, %",
            "containers used",
        ),
        rows,
    )  # fmt: skip


def _after(served: Served, since: Floats) -> tuple[float, ...]:
    def refused(begin: float, end: float) -> float:
        during = (since >= begin) & (since < end)
        return float(100 * (1 - served.answered[during].mean()))

    first_ten = (since >= 0) & (since < 10)  # noqa: PLR2004 - as the column says
    return (
        refused(0, 1), refused(1, 10), refused(10, 20),
        float(100 * served.cold[first_ten & served.answered].mean()),
        float(served.used(since >= 0)),
    )  # fmt: skip
