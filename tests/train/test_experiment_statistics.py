"""Intervals, tests and alarms are as often right as they say, over experiments of known truth."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from artifacts.channel import CONTROL
from tools.bench.simulated import TREATMENT, part_of, readers, true_gain
from train.evaluation.bootstrap import Resamples
from train.experiment.assignment import LEAST_P, NEVER_SEEN, sample_ratio
from train.experiment.compare import compare
from train.experiment.gather import Readers
from train.experiment.ratios import difference, ratio
from train.experiment.result import Comparison
from train.experiment.verdict import sentences

LIFT = 0.1


def compared(found: Readers) -> tuple[Comparison, Comparison]:
    like_rate, hit_rate = compare(found, days=7)[0]
    return like_rate, hit_rate


def many(count: int, size: int, lift: float, seed: int) -> list[tuple[Comparison, Comparison]]:
    generator = np.random.default_rng(seed)
    return [compared(readers(size, lift, generator)) for _ in range(count)]


@pytest.fixture(scope="module")
def alike() -> list[tuple[Comparison, Comparison]]:
    """300 A/A experiments of 600 readers."""
    return many(300, 600, 0.0, seed=1)


@pytest.fixture(scope="module")
def unlike() -> list[tuple[Comparison, Comparison]]:
    """300 experiments of 600 readers with a true effect."""
    return many(300, 600, LIFT, seed=2)


@pytest.mark.parametrize("metric", [0, 1], ids=["like rate", "hit rate"])
@pytest.mark.parametrize("which", ["plain", "adjusted"])
def test_arms_that_are_alike_seem_different_one_time_in_twenty(
    alike: list[tuple[Comparison, Comparison]], metric: int, which: str
) -> None:
    found = [getattr(one[metric], which) for one in alike]
    wrong = sum(one.p < 0.05 for one in found)
    assert 4 <= wrong <= 27  # three standard deviations about 15
    assert wrong == sum(not one.gain.low <= 0 <= one.gain.high for one in found)


@pytest.mark.parametrize("which", ["plain", "adjusted"])
def test_intervals_cover_a_true_effect_as_often_as_they_say(
    unlike: list[tuple[Comparison, Comparison]], which: str
) -> None:
    truth = true_gain(LIFT)
    gains = [getattr(one[0], which).gain for one in unlike]
    covered = sum(gain.low <= truth <= gain.high for gain in gains)
    assert 273 <= covered <= 296
    values = np.array([gain.value for gain in gains])
    error = values.std() / np.sqrt(len(values))
    assert values.mean() == pytest.approx(truth, abs=3 * error)


def test_cuped_takes_away_as_much_variance_as_it_says(
    unlike: list[tuple[Comparison, Comparison]],
) -> None:
    plain, adjusted = (
        np.var([getattr(one[0], which).gain.value for one in unlike])
        for which in ("plain", "adjusted")
    )
    said = np.mean([one[0].reduction for one in unlike])
    assert 1 - adjusted / plain == pytest.approx(said, abs=0.12)
    assert said > 0.3


def test_without_history_cuped_changes_nothing() -> None:
    found = readers(500, LIFT, np.random.default_rng(3))
    nothing = np.zeros(len(found.arm))
    bare = Readers(
        found.arm, found.exposures, found.shown, found.likes, found.hits, nothing, nothing
    )
    like_rate, _ = compared(bare)
    assert like_rate.adjusted == like_rate.plain
    assert like_rate.reduction == 0


def test_so_many_readers_as_are_said_to_be_needed_find_the_effect_four_times_in_five() -> None:
    generator = np.random.default_rng(4)
    needed = compared(readers(20_000, 0.0, generator))[0].needed[1]
    assert needed.relative == LIFT
    assert needed.days == pytest.approx(7 * needed.readers / 20_000)
    found = many(300, round(needed.readers), LIFT, seed=5)
    # The treatment's likes vary more than the control's, which the forecast goes by.
    assert 0.7 <= np.mean([one[0].adjusted.p < 0.05 for one in found]) <= 0.87


def test_the_delta_method_agrees_with_the_bootstrap_over_readers() -> None:
    found = readers(800, 0.0, np.random.default_rng(6))
    estimate = ratio(found.likes, found.shown).estimate
    rate = found.likes / found.shown
    resampled = Resamples(800, 1).mean(rate, np.arange(800), found.shown).estimate
    assert estimate.value == pytest.approx(resampled.value)
    width = resampled.high - resampled.low
    assert estimate.low == pytest.approx(resampled.low, abs=0.06 * width)
    assert estimate.high == pytest.approx(resampled.high, abs=0.06 * width)


@pytest.mark.slow
def test_whoever_looks_ten_times_is_deceived_but_not_by_the_interval_for_any_look() -> None:
    generator = np.random.default_rng(7)
    fixed = always = 0
    for _ in range(200):
        everyone = readers(4_000, 0.0, generator)
        looks = [compared(part_of(everyone, size))[0].adjusted for size in range(400, 4_001, 400)]
        fixed += any(look.p < 0.05 for look in looks)
        always += any(not look.always.low <= 0 <= look.always.high for look in looks)
    assert fixed >= 0.12 * 200
    assert always <= 0.05 * 200


def split(counts: dict[str, int], shares: dict[str, float]) -> tuple[dict[str, Any], ...]:
    arm = np.repeat(list(counts), list(counts.values()))
    moment = np.arange(len(arm), dtype=np.float64)
    first = {"arm": arm, "moment": moment, "share": np.array([shares[one] for one in arm])}
    changes: dict[str, npt.NDArray[Any]] = {
        "arm": np.array(list(shares)),
        "share": np.array(list(shares.values())),
        "moment": np.zeros(len(shares)),
    }
    return first, changes


def test_the_sample_ratio_of_honest_arms_hardly_ever_alarms() -> None:
    generator = np.random.default_rng(8)
    shares = {CONTROL: 0.9, TREATMENT: 0.1}
    alarms = 0
    for _ in range(300):
        treated = int(generator.binomial(2_000, 0.1))
        alarms += not sample_ratio(
            *split({CONTROL: 2_000 - treated, TREATMENT: treated}, shares)
        ).fits
    assert alarms <= 2


def test_two_of_a_hundred_readers_lost_in_one_arm_are_missed_where_there_are_enough() -> None:
    shares = {CONTROL: 0.5, TREATMENT: 0.5}
    found = sample_ratio(*split({CONTROL: 150_000, TREATMENT: 147_000}, shares))
    assert not found.fits
    assert found.p < LEAST_P
    few = sample_ratio(*split({CONTROL: 1_500, TREATMENT: 1_470}, shares))
    assert few.fits, "so few readers cannot show it"


def test_an_arm_that_nobody_was_seen_in_is_expected_all_the_same() -> None:
    found = sample_ratio(*split({CONTROL: 100}, {CONTROL: 0.5}))
    assert found.arms == (CONTROL, NEVER_SEEN)
    assert found.expected == pytest.approx((50, 50))
    assert not found.fits


def test_the_verdict_says_better_worse_or_neither() -> None:
    generator = np.random.default_rng(9)
    better, worse, neither = (
        sentences([compared(readers(4_000, lift, generator))[0]])[0] for lift in (0.3, -0.3, 0.0)
    )
    assert better.startswith("treatment is better: ")
    assert worse.startswith("treatment is worse: ")
    assert neither.startswith("no difference could be shown: ")
    assert "takes" in neither


def test_of_many_arms_alike_one_seldom_seems_better() -> None:
    generator = np.random.default_rng(10)
    deceived = 0
    for _ in range(100):
        found = readers(1_000, 0.0, generator)
        arms = generator.choice([CONTROL, "a", "b", "c", "d"], size=1_000)
        five = Readers(
            arms, found.exposures, found.shown, found.likes, found.hits,
            found.views_before, found.likes_before,
        )  # fmt: skip
        told = sentences(compare(five, 7)[0])
        assert len(told) == 4
        deceived += any(" is " in one.split(":")[0] for one in told)
    assert deceived <= 11


def test_arms_of_a_single_reader_or_without_a_like_show_nothing_and_do_not_fail() -> None:
    one = np.ones(1)
    few = difference(ratio(0 * one, one), ratio(one, one))
    assert np.isnan(few.p)
    assert np.isnan(few.readers_for(0.1))
    arm = np.array([CONTROL] * 5 + [TREATMENT] * 5)
    none = np.zeros(10)
    like_rate, _ = compared(Readers(arm, none + 1, none + 10, none, none, none, none))
    assert sentences([like_rate])[0].startswith("no difference could be shown")
