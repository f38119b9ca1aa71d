"""The gate: what a release must be better than to be served without a person's word."""

from artifacts.proofs import Check, Gate
from train.evaluation.bootstrap import Estimate
from train.evaluation.ranking import HIT_RATE, Table
from train.evaluation.scorers import LENTA, POPULARITY
from train.evaluation.served import Served

MAY_LOSE = 0.002
"""So much less may the hit rate be than that of what serves, with a certainty of 97.5 %."""


def judge(table: Table, served: Served | None, gain: Estimate | None) -> Gate:
    """Put the measured release to every check.

    Args:
        table: of the test days.
        served: what the channel serves.
        gain: in the hit rate over that, if it could be measured.
    """
    checks = [_more_than_popularity(table)]
    if served:
        checks.append(_not_less_than(served, gain))
    return Gate(passed=all(check.passed for check in checks), checks=tuple(checks))


def _more_than_popularity(table: Table) -> Check:
    gain = table[LENTA][HIT_RATE].less(table[POPULARITY][HIT_RATE])
    return Check(
        name=f"{HIT_RATE} of {LENTA} less that of {POPULARITY}",
        value=gain.value, low=gain.low, high=gain.high, above=0.0, passed=gain.value > 0.0,
    )  # fmt: skip


def _not_less_than(served: Served, gain: Estimate | None) -> Check:
    name = f"{HIT_RATE} of {LENTA} less that of release {served.release}, which serves,"
    if gain is None:
        obstacle = served.obstacle or f"it knows the days until {served.since}, all that there are"
        return Check(
            name=name, value=None, above=-MAY_LOSE, of_low=True, passed=False, obstacle=obstacle
        )
    return Check(
        name=name, value=gain.value, low=gain.low, high=gain.high,
        above=-MAY_LOSE, of_low=True, passed=gain.low > -MAY_LOSE,
    )  # fmt: skip
