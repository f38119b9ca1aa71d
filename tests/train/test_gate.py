"""The gate: what a release must be better than to be served without a person's word."""

from datetime import date

import numpy as np
import pytest

from artifacts.proofs import Gate
from train.evaluation.bootstrap import RESAMPLES, Estimate, Sample
from train.evaluation.gate import judge
from train.evaluation.served import Served

RELEASE = "20261124T040500Z-1f2e3d4c"
EVEN = np.linspace(-1, 1, RESAMPLES)


def sample(value: float, spread: float = 0.0) -> dict[str, Sample]:
    """A hit rate whose resamples lie evenly within `spread` of it."""
    return {"hit_rate@5": Sample(value, value + spread * EVEN)}


def judged(
    served: Served | None = None, gain: Estimate | None = None, **samples: dict[str, Sample]
) -> Gate:
    return judge(samples, served, gain)


def test_a_release_that_finds_more_likes_than_popularity_passes() -> None:
    gate = judged(lenta=sample(0.58, 0.04), popularity=sample(0.56))
    assert gate.passed
    assert [check.sentence for check in gate.checks] == [
        "hit_rate@5 of lenta less that of popularity is +0.0200 (-0.0180 to +0.0580), above 0"
    ]
    assert gate.failure == ""


@pytest.mark.parametrize(("lenta", "gain"), [(0.56, "+0.0000"), (0.55, "-0.0100")])
def test_a_release_that_finds_no_more_than_popularity_fails_and_says_by_how_much(
    lenta: float, gain: str
) -> None:
    gate = judged(lenta=sample(lenta), popularity=sample(0.56))
    assert not gate.passed
    assert gate.failure == (
        f"hit_rate@5 of lenta less that of popularity is {gain} ({gain} to {gain}), not above 0"
    )


@pytest.mark.parametrize(
    ("low", "value", "passes"),
    [(0.0, 0.0, True), (-0.0019, 0.001, True), (-0.002, 0.01, False), (-0.03, -0.02, False)],
)
def test_what_follows_may_not_be_worse_than_what_serves_beyond_a_small_doubt(
    low: float, value: float, *, passes: bool
) -> None:
    gain = Estimate(value, low, 0.02)
    gate = judged(Served(RELEASE, None), gain, lenta=sample(0.58), popularity=sample(0.5))
    assert gate.passed is passes
    assert gate.checks[1].sentence == (
        f"hit_rate@5 of lenta less that of release {RELEASE}, which serves, is {value:+.4f} "
        f"({low:+.4f} to +0.0200), its lower end is {'' if passes else 'not '}above -0.002"
    )


@pytest.mark.parametrize(
    ("served", "why"),
    [
        (
            Served(RELEASE, None, obstacle="its model has other inputs"),
            "its model has other inputs",
        ),
        (
            Served(RELEASE, None, date(2021, 12, 9)),
            "it knows the days until 2021-12-09, all that there are",
        ),
    ],
)
def test_what_serves_and_cannot_be_measured_is_replaced_by_a_persons_word_alone(
    served: Served, why: str
) -> None:
    gate = judged(served, lenta=sample(0.58), popularity=sample(0.5))
    assert not gate.passed
    assert gate.failure.endswith(f"{RELEASE}, which serves, cannot be measured: {why}")
