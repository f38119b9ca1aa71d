"""Whether `train experiment` is right as often as it says: experiments whose truth is known."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from artifacts.channel import CONTROL
from tools.bench.simulated import (
    TREATMENT,
    drawn,
    feeds,
    part_of,
    readers,
    true_gain,
    true_values,
)
from tools.bench.table import Measured
from train.evaluation.bootstrap import Estimate
from train.experiment.assignment import sample_ratio
from train.experiment.compare import compare
from train.experiment.gather import Readers
from train.experiment.offpolicy import ENOUGH, evaluate
from train.experiment.result import Comparison

RUNS, READERS, LIFT = 2_000, 1_000, 0.1
LOOKS, LOOKED_RUNS = 10, 400
LOST, LOST_RUNS = 0.02, 200
POLICY_RUNS, FEEDS, TEMPERATURE = 200, 2_000, 0.7
_BANDS = (20, 50, 100, 200, float("inf"))

Row = tuple[str | float, ...]


def measure() -> Measured:
    """All simulations; ten minutes."""
    generator = np.random.default_rng(1)
    rows = [*_alike(generator), *_looks(generator), *_unlike(generator), *_lost(generator)]
    for honest in (True, False):
        rows += _policies(generator, honest=honest)
    return Measured(
        "experiment",
        "Simulated experiments: how often a test alarms or an interval covers the truth, and bias",
        ("what", "runs", "truth, %", "bias, points", "spread, points", "so often, %", "said, %"),
        tuple(rows),
    )


def _alike(generator: np.random.Generator) -> Iterator[Row]:
    rejected: dict[str, int] = {}
    alarms = 0
    for _ in range(RUNS):
        found = readers(READERS, 0.0, generator)
        alarms += not _sample_ratio_fits(found)
        for one in compare(found, 7)[0]:
            for kind, p in (("", one.plain.p), (", CUPED", one.adjusted.p)):
                name = f"A/A, {one.metric}{kind}: seems to differ"
                rejected[name] = rejected.get(name, 0) + (p < 0.05)  # noqa: PLR2004 - the level
    for name, count in rejected.items():
        yield name, RUNS, 0.0, "", "", 100 * count / RUNS, 5
    yield "A/A, the sample ratio alarms", RUNS, "", "", "", 100 * alarms / RUNS, 0.1


def _looks(generator: np.random.Generator) -> Iterator[Row]:
    deceived = {"interval for one look": 0, "interval for any look": 0}
    for _ in range(LOOKED_RUNS):
        everyone = readers(LOOKS * READERS, 0.0, generator)
        seen = [
            compare(part_of(everyone, look * READERS), 7)[0][0].adjusted
            for look in range(1, LOOKS + 1)
        ]
        for name, intervals in zip(
            deceived, ([one.gain for one in seen], [one.always for one in seen]), strict=True
        ):
            deceived[name] += not all(_covers(interval, 0.0) for interval in intervals)
    for name, count in deceived.items():
        what = f"A/A, {LOOKS} looks, {name}: seems to differ"
        yield what, LOOKED_RUNS, 0.0, "", "", 100 * count / LOOKED_RUNS, 5


def _unlike(generator: np.random.Generator) -> Iterator[Row]:
    truth = true_gain(LIFT)
    found = [_like_rate(readers(READERS, LIFT, generator)) for _ in range(RUNS)]
    plain = [one.plain.gain for one in found]
    adjusted = [one.adjusted.gain for one in found]
    yield from (
        _covered(f"A/B, +{LIFT:.0%}, like rate{kind}: covered", gains, truth)
        for kind, gains in (("", plain), (", CUPED", adjusted))
    )
    less = 1 - np.var([gain.value for gain in adjusted]) / np.var([gain.value for gain in plain])
    said = float(np.mean([one.reduction for one in found]))
    yield "A/B, variance that CUPED takes away", RUNS, "", "", "", 100 * float(less), 100 * said
    needed = [_like_rate(readers(20_000, 0.0, generator)).needed[1].readers for _ in range(20)]
    size = round(float(np.mean(needed)))
    power = np.mean(
        [_like_rate(readers(size, LIFT, generator)).adjusted.p < 0.05 for _ in range(RUNS)]  # noqa: PLR2004
    )
    yield f"A/B, {size:,} readers, as forecast: found", RUNS, "", "", "", 100 * float(power), 80


def _lost(generator: np.random.Generator) -> Iterator[Row]:
    for size in (10_000, 100_000, 300_000):
        alarms = sum(
            not _sample_ratio_fits(readers(size, 0.0, generator, lost=LOST))
            for _ in range(LOST_RUNS)
        )
        what = f"{LOST:.0%} of an arm's readers lost, of {size:,}: the sample ratio alarms"
        yield what, LOST_RUNS, "", "", "", 100 * alarms / LOST_RUNS, ""


def _policies(generator: np.random.Generator, *, honest: bool) -> Iterator[Row]:
    kind = "score says all" if honest else "readers differ"
    truth = true_values(TEMPERATURE, generator, honest=honest)
    told: dict[tuple[str, str, str], list[Estimate]] = {}
    bands: dict[tuple[float, float], list[bool]] = {band: [] for band in pairwise(_BANDS)}
    for _ in range(POLICY_RUNS):
        some = drawn(feeds(FEEDS, generator, honest=honest), TEMPERATURE, generator)
        for one in evaluate(some, enough=_BANDS[0]):
            for name, estimate in (("SNIPS", one.snips), ("DR", one.dr)):
                if estimate is None:
                    continue
                low, high = next(b for b in bands if b[0] <= one.effective < b[1])
                bands[low, high].append(_covers(estimate, truth[one.policy]))
                if one.effective >= ENOUGH:
                    key = one.policy, one.weights, name
                    told.setdefault(key, []).append(estimate)
    for (policy, weights, name), estimates in told.items():
        if len(estimates) == POLICY_RUNS:
            yield _covered(f"{kind}: {policy}, by {weights}, {name}", estimates, truth[policy])
    for (low, high), covered in bands.items():
        what = f"{kind}: all of {low:g} to {high:g} effective feeds"
        yield what, len(covered), "", "", "", 100 * (sum(covered) / max(len(covered), 1)), 95


def _covered(what: str, estimates: list[Estimate], truth: float) -> Row:
    values = np.array([estimate.value for estimate in estimates])
    share = np.mean([_covers(estimate, truth) for estimate in estimates])
    bias, spread = 100 * (values.mean() - truth), 100 * values.std()
    return what, len(values), 100 * truth, float(bias), float(spread), 100 * float(share), 95


def _covers(estimate: Estimate, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


def _like_rate(found: Readers) -> Comparison:
    return compare(found, 7)[0][0]


def _sample_ratio_fits(found: Readers) -> bool:
    readers_seen = len(found.arm)
    arms = np.array([CONTROL, TREATMENT])
    return sample_ratio(
        {"arm": found.arm, "share": np.full(readers_seen, 0.5), "moment": np.ones(readers_seen)},
        {"arm": arms, "share": np.full(2, 0.5), "moment": np.zeros(2)},
    ).fits
