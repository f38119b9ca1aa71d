"""The gate: what a release must be better than to be served without a person's word."""

from artifacts.proofs import Check, Evaluation, Gate
from train.evaluation.report import HIT_RATE, LENTA, POPULARITY


def judge(evaluation: Evaluation) -> Gate:
    """Put the measured release to every check.

    Raises:
        ValueError: what a check compares was not measured.
    """
    checks = (_more_than_popularity(evaluation),)
    return Gate(passed=all(check.passed for check in checks), checks=checks)


def _more_than_popularity(evaluation: Evaluation) -> Check:
    gain = _hit_rate(evaluation, LENTA) - _hit_rate(evaluation, POPULARITY)
    return _above(f"{HIT_RATE} of {LENTA} less that of {POPULARITY}", gain, 0.0)


def _above(name: str, value: float, bound: float) -> Check:
    return Check(name=name, value=value, above=bound, passed=value > bound)


def _hit_rate(evaluation: Evaluation, model: str) -> float:
    score = evaluation.score(HIT_RATE, model)
    if score is None:
        raise ValueError(f"{HIT_RATE} of {model} was not measured")
    return score.value
