"""What an experiment has shown."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from train.evaluation.bootstrap import Estimate
from train.experiment.assignment import SampleRatio
from train.experiment.log import Lines
from train.experiment.offpolicy import PolicyValue
from train.experiment.ratios import Difference

LIKE_RATE, HIT_RATE = "like rate", "hit rate@5"
METRICS = (LIKE_RATE, HIT_RATE)
"""The first is the one that the verdict goes by; it was chosen before any result was seen."""

WANTED = (0.05, 0.10)
"""Relative differences for which the readers that they need are told."""


@dataclass(frozen=True)
class Rates:
    """What the readers of an arm were shown and have liked, perhaps by one source of answers only.

    Attributes:
        like_rate: likes to posts shown, with its 95 % interval.
        hit_rate: feeds of which one of the first five was liked, to all, with its 95 % interval.
    """

    arm: str
    source: str | None
    readers: int
    exposures: int
    shown: int
    likes: int
    like_rate: Estimate
    hit_rate: Estimate


@dataclass(frozen=True)
class Needed:
    """What it takes to detect a relative difference with a probability of .8."""

    relative: float
    readers: float
    days: float


@dataclass(frozen=True)
class Comparison:
    """An arm beside the control, by one metric.

    Attributes:
        control: the control's value.
        plain: the difference as it is.
        adjusted: after CUPED: what the verdict goes by.
        reduction: the share of the variance that CUPED has taken away.
        needed: after CUPED, for each of WANTED.
    """

    arm: str
    metric: str
    control: float
    plain: Difference
    adjusted: Difference
    reduction: float
    needed: tuple[Needed, ...]


@dataclass(frozen=True)
class Result:
    """An experiment's result.

    Attributes:
        experiment: its name; None without one.
        verdict: one sentence for each arm beside the control, or for all.
        trusted: whether the sample ratio fits and readers stay in their arms.
        lines: what was in the log.
        exposures: records, by what became of them.
        window_hours: so long after an exposure a like is its own.
        since: the first exposure compared, on the network's clock; `until` the last.
        settled: when the shares were last changed, on the wall clock; None if never.
        sample_ratio: None without an experiment.
        crossed: readers seen in two arms, and left out.
        with_history: the share of readers who had seen anything before.
        policies: of each arm that explores.
    """

    experiment: str | None
    verdict: tuple[str, ...]
    trusted: bool
    lines: Lines
    exposures: dict[str, int]
    window_hours: float
    since: datetime
    until: datetime
    settled: datetime | None
    sample_ratio: SampleRatio | None
    crossed: int
    with_history: float
    arms: tuple[Rates, ...]
    sources: tuple[Rates, ...]
    comparisons: tuple[Comparison, ...]
    policies: dict[str, list[PolicyValue]]

    def to_json(self) -> dict[str, Any]:
        """For `json.dumps`: what is not known is null, for JSON has no NaN."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def _plain(value: object) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case float():
            return value if math.isfinite(value) else None
        case datetime():
            return value.isoformat()
        case _:
            return value
