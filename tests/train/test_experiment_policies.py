"""What other ways of drawing the feed would have been liked, against the known truth."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from tests.train.exposures import NOON, exposure, result
from tools.bench.simulated import drawn, feeds, true_values
from train.experiment.explored import PLACES
from train.experiment.gather import Floats
from train.experiment.offpolicy import (
    ENOUGH,
    GREEDY,
    LOGGED,
    UNIFORM,
    PolicyValue,
    evaluate,
)
from train.experiment.plackett_luce import marginals, sequence

TEMPERATURE = 0.7


def enumerated(logits: Floats, places: int) -> Floats:
    """The chance of each candidate at each place, by all orders there are."""
    found = np.zeros((len(logits), places))
    for order in permutations(range(len(logits)), places):
        chance = sequence(logits[np.newaxis], np.array([order])).prod()
        found[list(order), range(places)] += chance
    return found


@pytest.mark.parametrize("spread", [0.0, 1.0, 6.0])
def test_the_chances_of_places_are_those_of_all_orders(spread: float) -> None:
    logits = spread * np.random.default_rng(1).normal(size=(2, 6))
    logits[1, 5:] = -np.inf
    found = marginals(logits, PLACES)
    for one, row in zip(logits, found, strict=True):
        assert row == pytest.approx(enumerated(one, PLACES), abs=1e-5)


def test_the_chance_of_a_list_is_the_product_of_softmaxes_of_what_is_left() -> None:
    logits = np.log([[1.0, 2.0, 3.0, 4.0]])
    assert sequence(logits, np.array([[3, 0, 2]]))[0] == pytest.approx([4 / 10, 1 / 6, 3 / 5])


def values(found: list[PolicyValue], weights: str) -> dict[str, PolicyValue]:
    return {one.policy: one for one in found if one.weights == weights}


def test_of_the_policy_that_was_followed_the_value_is_what_was_liked() -> None:
    generator = np.random.default_rng(2)
    explored = drawn(feeds(300, generator, honest=False), TEMPERATURE, generator)
    for weights in ("sequence", "place"):
        logged = values(evaluate(explored), weights)[LOGGED]
        assert logged.effective == pytest.approx(300)
        assert logged.snips is not None
        assert logged.snips.value == pytest.approx(explored.liked.mean())


def test_what_too_few_feeds_speak_of_cannot_be_told() -> None:
    generator = np.random.default_rng(3)
    explored = drawn(feeds(300, generator, honest=True), TEMPERATURE, generator)
    greedy = values(evaluate(explored), "sequence")[GREEDY]
    assert greedy.effective < ENOUGH
    assert greedy.snips is None
    assert greedy.dr is None


def test_explored_feeds_of_a_log_are_evaluated_by_arm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates = list(range(20, 40))
    scores = [-1 - 0.05 * i for i in range(20)]
    generator = np.random.default_rng(4)
    records, likes = [], []
    for reader in range(1, 100):
        for hour in range(4):
            order = np.argsort(-(np.array(scores) / 0.5 + generator.gumbel(size=20)))[:10]
            chances = sequence(np.array([scores]) / 0.5, order[np.newaxis])[0]
            posts = [candidates[i] for i in order]
            time = NOON + hour * 3_600 + reader
            explored = {
                "temperature": 0.5,
                "posts": candidates,
                "scores": scores,
                "propensities": chances.tolist(),
            }
            records.append(
                exposure(reader, time, posts, exploration=explored if reader % 2 else None)
            )
            if posts[1] == 21 and reader % 2:
                likes.append((reader, 21, time + 5))
    found = result(tmp_path, records, likes)
    assert list(found.policies) == ["treatment"]
    logged = values(found.policies["treatment"], "place")[LOGGED]
    assert logged.effective == pytest.approx(200)
    assert logged.snips is not None
    # A reader's like of a post counts once.
    assert logged.snips.value == pytest.approx(len({like[0] for like in likes}) / (5 * 200))

    monkeypatch.setattr("train.experiment.explored.MOST", 150)
    fewer = result(tmp_path / "fewer", records, likes).policies["treatment"]
    assert values(fewer, "place")[LOGGED].effective == pytest.approx(148), "of 37 whole readers"


@pytest.mark.slow
@pytest.mark.parametrize("honest", [True, False], ids=["score says all", "and readers differ"])
def test_snips_and_dr_find_the_true_values_and_their_intervals_cover_them(
    honest: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    generator = np.random.default_rng(5)
    truth = true_values(TEMPERATURE, generator, honest=honest)
    runs = [
        evaluate(drawn(feeds(2_000, generator, honest=honest), TEMPERATURE, generator))
        for _ in range(40)
    ]
    for weights, policies in (
        ("place", set(truth)),
        ("sequence", set(truth) - {GREEDY, UNIFORM}),
    ):
        for policy in policies:
            told = [values(run, weights)[policy] for run in runs]
            spreads = {}
            for name in ("snips", "dr"):
                estimates = [getattr(one, name) for one in told]
                assert all(estimates), (policy, weights)
                found = np.array([[e.value, e.low, e.high] for e in estimates])
                spreads[name] = found[:, 0].std()
                error = 3 * spreads[name] / np.sqrt(len(runs))
                assert found[:, 0].mean() == pytest.approx(truth[policy], abs=error)
                covered = (found[:, 1] <= truth[policy]) & (truth[policy] <= found[:, 2])
                assert covered.mean() >= 0.85, (policy, weights, name)
            if honest:
                assert spreads["dr"] <= 1.03 * spreads["snips"]
