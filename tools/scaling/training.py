"""What a run and a refresh take as readers grow, by the stages of the network's.

Some stages grow with rows and readers; the others with posts, or not at all, since fits learn from
a sample that is no larger for more readers.
"""

from collections.abc import Sequence

from tools.scaling import facts
from tools.scaling.arrivals import HOUR
from tools.scaling.facts import Fact
from tools.scaling.growth import NETWORKS
from tools.scaling.table import Cell, Table

FIRST, RUN, REFRESH = range(3)
"""A first run, a run a day later, and a refresh instead of it."""
_GROWING = (facts.READING, facts.COUNTING, facts.FEATURES)
_STAYING = (facts.FITTING, facts.CANDIDATES, facts.EXACTNESS, facts.COMPARING)
ROWS_A_READER = facts.FEED_ROWS.value / facts.READERS.value
VIEWS_A_READER = facts.MANY_VIEWS.value / facts.READERS.value
SECONDS_A_VIEW = (facts.MANY_SECONDS.value - facts.FEW_SECONDS.value) / (
    facts.MANY_VIEWS.value - facts.FEW_VIEWS.value
)


def seconds(readers: float, which: int) -> float:
    """A first run, a run or a refresh, on two cores."""
    times = readers / facts.READERS.value
    staying = _all(_STAYING, which)
    if which != FIRST:
        return staying + times * (facts.ALL[which].value - staying)
    publishing = facts.ALL[FIRST].value - staying - _all(_GROWING, FIRST)
    grown = facts.READING[FIRST].value + publishing
    return staying + times * grown + features_seconds(readers)


def features_seconds(readers: float) -> float:
    """Counting and features of a first run, by a straight line through two measured."""
    more = (readers - facts.READERS.value) * VIEWS_A_READER
    return facts.MANY_SECONDS.value + more * SECONDS_A_VIEW


def readers_an_hour(which: int) -> float:
    """How many readers a run or a refresh of an hour has."""
    none, network = seconds(0, which), seconds(facts.READERS.value, which)
    return (HOUR - none) * facts.READERS.value / (network - none)


def _all(stages: Sequence[Sequence[Fact]], which: int) -> float:
    return sum(stage[which].value for stage in stages)


def training() -> Table:
    """Hours on two cores by readers."""
    rows: list[tuple[Cell, ...]] = [
        (
            f"{readers:,}", readers * ROWS_A_READER / 1e6,
            readers / facts.READERS.value * facts.READING[FIRST].value / HOUR,
            features_seconds(readers) / HOUR,
            *(seconds(readers, which) / HOUR for which in (FIRST, RUN, REFRESH)),
        )
        for readers in NETWORKS
    ]  # fmt: skip
    return Table(
        "Training on two cores",
        (
            "readers", "rows of feed, million", "reading them, h", "their features, h",
            "first run, h", "a run a day later, h", "a refresh instead, h",
        ),
        rows,
    )  # fmt: skip
