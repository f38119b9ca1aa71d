"""What a release proves of itself: how good it is, that its graph is exact, and its gate."""

from datetime import date
from typing import Annotated

from pydantic import Field

from artifacts.document import Part
from artifacts.errors import GateFailed, NotExact

Count = Annotated[int, Field(ge=0)]


class Score(Part):
    """A metric of one model.

    Attributes:
        metric: Such as "hit_rate@5".
        model: "lenta", a baseline such as "popularity", or "random".
        value: What was measured.
        low: The lower end of its 95 % interval; None where there is none.
        high: The upper end.
    """

    metric: str
    model: str
    value: float
    low: float | None = None
    high: float | None = None


class Evaluation(Part):
    """How the model did on days it had not seen.

    Attributes:
        test_since: The first of them.
        test_until: The last of them, inclusive.
        slates: How many feeds were ranked.
        readers: Of how many readers.
        scores: What was measured, of the model and of what it is compared with.
    """

    test_since: date
    test_until: date
    slates: Count
    readers: Count
    scores: tuple[Score, ...]

    def score(self, metric: str, model: str) -> Score | None:
        """The score of that metric and model, if it was measured."""
        wanted = (score for score in self.scores if (score.metric, score.model) == (metric, model))
        return next(wanted, None)


class Exactness(Part):
    """Whether the graph equals the LightGBM model.

    Attributes:
        rows: How many real rows were compared.
        differing: How many of them got another score.
        threshold_rows: How many rows placed on the trees' thresholds were compared.
        threshold_differing: How many of them got another score.
        passed: Whether the release may be published.
    """

    rows: Count
    differing: Count
    threshold_rows: Count
    threshold_differing: Count
    passed: bool


class CurvePoint(Part):
    """What a model of some of the readers tells of later likes.

    Attributes:
        pairs: How many impressions it has learned from.
        readers: Of how many readers.
        value: How much it tells, as a share of what one of all readers sampled tells, by the log
            loss.
        low: The lower end of its 95 % interval.
        high: The upper end.
    """

    pairs: Count
    readers: Count
    value: float
    low: float
    high: float


class LearningCurve(Part):
    """How many readers were learned from, and why.

    Attributes:
        points: From all readers sampled to the fewest.
        chosen: Which one: the fewest readers that certainly tell enough.
        enough: The share that is enough.
    """

    points: tuple[CurvePoint, ...]
    chosen: Count
    enough: float

    @property
    def sentence(self) -> str:
        """What was chosen, for people."""
        whole, chosen = self.points[0], self.points[self.chosen]
        if self.chosen:
            return (
                f"learned from {chosen.readers:,} of {whole.readers:,} readers, who tell "
                f"{chosen.value:.1%} ({chosen.low:.1%}-{chosen.high:.1%}) of what all tell"
            )
        if len(self.points) == 1:
            return f"learned from all {whole.readers:,} readers sampled"
        fewer = self.points[1]
        return (
            f"learned from all {whole.readers:,} readers sampled: {fewer.readers:,} tell "
            f"{fewer.value:.1%} ({fewer.low:.1%}-{fewer.high:.1%}) of what they tell"
        )


class Recall(Part):
    """How much of the exact best is found.

    Attributes:
        limit: Of the best so many.
        value: The mean share of them that was found.
        low: The lower end of its 95 % interval.
        high: The upper end.
        least: What it must come to.
        passed: Whether it does.
    """

    limit: Annotated[int, Field(ge=1)]
    value: float
    low: float
    high: float
    least: float
    passed: bool


class FirstStage(Part):
    """How the ranker finds the posts that it scores exactly.

    Attributes:
        used: Whether it does: else the recall was too low, and every post is scored.
        anchors: Posts whose exact scores tell a reader's vector.
        dimensions: Numbers of a vector.
        candidates: Posts that are scored exactly.
        blocks: Into how many blocks the posts are put; 0 where the vectors of all are read.
        probed: How many of them are looked into to find the candidates.
        requests: How many requests of real readers the recall was measured on.
        recall: Of real readers.
        recall_of_strange_readers: Of some whose every feature is another reader's.
    """

    used: bool
    anchors: Count
    dimensions: Count
    candidates: Count
    blocks: Count = 0
    probed: Count = 0
    requests: Count
    recall: tuple[Recall, ...]
    recall_of_strange_readers: tuple[Recall, ...]

    @property
    def sentence(self) -> str:
        """What is done, and the recall that decided it, without a full stop."""
        found = ", ".join(
            f"recall@{part.limit} {part.value:.4f} ({part.low:.4f}-{part.high:.4f})"
            for part in self.recall
        )
        if self.used:
            where = f", out of {self.probed:,} of {self.blocks:,} blocks" if self.blocks else ""
            return f"{self.candidates:,} candidates are scored exactly{where}: {found}"
        return f"every post is scored, for {self.candidates:,} candidates reach only {found}"


class Check(Part):
    """One demand of the gate.

    Attributes:
        name: What was measured.
        value: What it came to; None where it could not be measured.
        low: The lower end of its 95 % interval; None where there is none.
        high: The upper end.
        above: What it must exceed: the value, or the lower end where `of_low`.
        of_low: Whether the lower end of the interval decides.
        passed: Whether it does.
        obstacle: Why it could not be measured.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    above: float
    of_low: bool = False
    passed: bool
    obstacle: str = ""

    @property
    def sentence(self) -> str:
        """The check in words, without a full stop."""
        if self.value is None:
            return f"{self.name} cannot be measured: {self.obstacle}"
        interval = "" if self.low is None else f" ({self.low:+.4f} to {self.high:+.4f})"
        decides = "its lower end is " if self.of_low else ""
        relation = "above" if self.passed else "not above"
        return f"{self.name} is {self.value:+.4f}{interval}, {decides}{relation} {self.above:g}"


class Gate(Part):
    """Whether the release is good enough to be served without being forced.

    Attributes:
        passed: Whether all checks passed.
        checks: What was demanded.
    """

    passed: bool
    checks: tuple[Check, ...]

    @property
    def failure(self) -> str:
        """The checks that did not pass, in words."""
        return "; ".join(check.sentence for check in self.checks if not check.passed)


def require_exact(exactness: Exactness) -> None:
    """Refuse what was not proved equal to its model.

    Raises:
        NotExact: the graph gave other scores.
    """
    if not exactness.passed:
        raise NotExact(
            f"the graph is not exact: it differs from the model on {exactness.differing} of "
            f"{exactness.rows} rows and on {exactness.threshold_differing} of "
            f"{exactness.threshold_rows} rows placed on thresholds"
        )


def require_gate(gate: Gate) -> None:
    """Refuse what is not good enough.

    Raises:
        GateFailed: a check did not pass.
    """
    if not gate.passed:
        raise GateFailed(
            f"the gate did not pass: {gate.failure}; promoted with a reason (--force) it is served "
            "all the same"
        )
