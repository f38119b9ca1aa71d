"""What was seen in the tables."""

from dataclasses import dataclass
from datetime import datetime

from artifacts.manifest import Dropped
from train.evaluation.bootstrap import Estimate
from train.source.tables import Family


@dataclass(frozen=True)
class Column:
    """A column that a run reads, as it is in the source.

    Attributes:
        name: of the column.
        family: what it is read as.
        missing: rows without a value, or with an empty text.
        different: values that differ; None where they are not counted, for times.
        low: the least value; None for texts, and where there is none.
        high: the greatest.
    """

    name: str
    family: Family
    missing: int
    different: int | None
    low: str | None
    high: str | None


@dataclass(frozen=True)
class TableFacts:
    """A table, as it is in the source.

    Attributes:
        name: what the source calls it.
        rows: all of them.
        columns: those that a run reads.
        dropped: what a run would leave out of it, and why.
    """

    name: str
    rows: int
    columns: tuple[Column, ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True)
class Part:
    """A part of the readers, or of what they were shown.

    Attributes:
        name: of the part.
        members: readers who are of it, whether or not they were shown anything.
        readers: those who were shown anything of it.
        views: of it.
        likes: views that were liked.
        rate: likes per view; without an interval where readers are few.
    """

    name: str
    members: int
    readers: int
    views: int
    likes: int
    rate: Estimate


@dataclass(frozen=True)
class Split:
    """The readers, or what they were shown, by one thing.

    Attributes:
        parts: by age, hour and the like in that order; else the largest first.
        parts_left_out: how many more there are.
        members_left_out: of those.
    """

    parts: tuple[Part, ...]
    parts_left_out: int
    members_left_out: int


@dataclass(frozen=True)
class Topic:
    """The posts of a topic, and one of them.

    Attributes:
        name: of the topic.
        posts: how many.
        shown: posts that were shown to anybody.
        length: the median of their characters.
        example: id of the post of the median length.
        text: of that post.
    """

    name: str
    posts: int
    shown: int
    length: int
    example: int
    text: str


@dataclass(frozen=True)
class Spread:
    """How a number differs from one reader, session or post to the next.

    Attributes:
        name: of the number.
        count: how many there are of it.
        mean: of all.
        quantiles: at 5, 25, 50, 75 and 95 %.
    """

    name: str
    count: int
    mean: float
    quantiles: tuple[int, ...]


@dataclass(frozen=True)
class Totals:
    """Counts of the clean tables.

    Attributes:
        like_rows: rows of the feed whose action is `like`.
        doubles: rows that are there once more, with the same reader, post, moment and action.
        again: views that showed a reader a post once more.
        sessions: unbroken visits.
        readers: in the table.
        active: readers who were shown anything.
        posts: in the table.
        shown: posts that were shown to anybody.
        without_text: posts whose text is empty.
        same_text: posts less the texts that differ, of those with a text.
    """

    like_rows: int
    doubles: int
    again: int
    sessions: int
    readers: int
    active: int
    posts: int
    shown: int
    without_text: int
    same_text: int


@dataclass(frozen=True)
class Look:
    """All that was seen.

    Attributes:
        source: where the tables are, without a password.
        timezone: the network's clock.
        tables: as they are in the source.
        refused: why a run would not learn from them, if it would not.
        since: the first moment of the feed.
        until: the last one.
        days: from the first with a view to the last.
        totals: of the clean tables.
        spreads: of readers, sessions and posts.
        everything: all views.
        splits: by gender, age, country, city, exp_group, os, source, topic, place, hour, weekday,
            week and day.
        topics: those with most posts.
        heat: of each age and each topic that are shown, in their order.
    """

    source: str
    timezone: str
    tables: tuple[TableFacts, ...]
    refused: str | None
    since: datetime
    until: datetime
    days: int
    totals: Totals
    spreads: tuple[Spread, ...]
    everything: Part
    splits: dict[str, Split]
    topics: tuple[Topic, ...]
    heat: dict[tuple[str, str], Part]
