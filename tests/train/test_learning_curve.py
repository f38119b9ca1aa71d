"""The learning curve says how few readers are enough."""

from collections.abc import Sequence
from itertools import pairwise

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.proofs import LearningCurve
from tests.support.releases import Trained
from train.learning_curve import ENOUGH, PARTS, drawn, measure_curve

ROWS = 6_000
GENERATOR = np.random.default_rng(7)
INPUTS = GENERATOR.normal(size=(ROWS, 2)).astype(np.float32)
READERS = np.arange(ROWS, dtype=np.int64) // 20
LIKED = GENERATOR.random(ROWS) < 1 / (1 + np.exp(1 - 2 * INPUTS[:, 0]))


def learned_from(rows: int, column: int = 0) -> lgb.Booster:
    """A model that has seen some rows like those held out, and one of their two inputs."""
    generator = np.random.default_rng(rows)
    inputs = generator.normal(size=(rows, 2)).astype(np.float32)
    liked = generator.random(rows) < 1 / (1 + np.exp(1 - 2 * inputs[:, 0]))
    inputs[:, 1 - column] = 0
    parameters = {"objective": "binary", "verbosity": -1, "num_leaves": 7, "num_threads": 1}
    return lgb.train(parameters, lgb.Dataset(inputs, liked), 60)


def curve(models: Sequence[lgb.Booster]) -> LearningCurve:
    counts = [1_000 >> place for place in range(len(models))]
    return measure_curve(models, counts, counts, (INPUTS, LIKED, READERS), seed=1)


def test_the_fewest_readers_that_certainly_tell_enough_are_chosen() -> None:
    whole = learned_from(40_000)
    found = curve([whole, whole, learned_from(300)])
    assert found.chosen == 1
    assert [point.value for point in found.points[:2]] == [1.0, 1.0]
    assert found.points[2].high < ENOUGH
    assert "500 of 1,000 readers, who tell 100.0%" in found.sentence


def test_who_tell_nothing_are_not_enough() -> None:
    found = curve([learned_from(40_000), learned_from(40_000, column=1)])
    assert found.chosen == 0
    assert found.points[1].value == pytest.approx(0.0, abs=0.05)
    assert "learned from all 1,000 readers sampled" in found.sentence


def test_a_smaller_part_that_has_enough_by_chance_is_not_chosen() -> None:
    whole = learned_from(40_000)
    assert curve([whole, learned_from(300), whole]).chosen == 0


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=50, unique=True))
def test_a_smaller_part_has_no_other_readers(ids: list[int]) -> None:
    readers = np.array(ids, np.int64)
    parts: list[npt.NDArray[np.bool_]] = [drawn(readers, part) for part in PARTS]
    assert parts[0].all()
    for larger, smaller in pairwise(parts):
        assert not (smaller & ~larger).any()


def test_parts_are_as_large_as_they_say_also_within_the_sample() -> None:
    readers = np.arange(1, 2_000_000, dtype=np.int64)
    sample = readers[(readers * 2654435761) % 2**32 < 0.03 * 2**32]
    for part in PARTS:
        assert drawn(sample, part).mean() == pytest.approx(part, abs=0.01)


def test_a_release_tells_its_curve(trained: Trained) -> None:
    found = trained.manifest.learning_curve
    assert found is not None
    assert found.points[0].value == 1.0
    assert found.points[0].readers <= trained.manifest.data.readers
