"""The gate: what a release must be better than to be served without a person's word."""

from datetime import date

import pytest

from artifacts.proofs import Evaluation, Gate, Score
from train.evaluation.gate import judge


def measured(**hit_rates: float) -> Evaluation:
    return Evaluation(
        test_since=date(2021, 12, 1),
        test_until=date(2021, 12, 9),
        slates=1_000,
        readers=100,
        scores=tuple(
            Score(metric="hit_rate@5", model=model, value=value)
            for model, value in hit_rates.items()
        ),
    )


def judged(**hit_rates: float) -> Gate:
    return judge(measured(**hit_rates))


def test_a_release_that_finds_more_likes_than_popularity_passes() -> None:
    gate = judged(lenta=0.58, popularity=0.56)
    assert gate.passed
    assert [check.sentence for check in gate.checks] == [
        "hit_rate@5 of lenta less that of popularity is 0.0200, above 0"
    ]
    assert gate.failure == ""


@pytest.mark.parametrize(("lenta", "gain"), [(0.56, "0.0000"), (0.55, "-0.0100")])
def test_a_release_that_finds_no_more_than_popularity_fails_and_says_by_how_much(
    lenta: float, gain: str
) -> None:
    gate = judged(lenta=lenta, popularity=0.56)
    assert not gate.passed
    assert gate.failure == (f"hit_rate@5 of lenta less that of popularity is {gain}, not above 0")


def test_a_release_that_was_not_measured_is_not_judged() -> None:
    with pytest.raises(ValueError, match="hit_rate@5 of popularity was not measured"):
        judged(lenta=0.58)
