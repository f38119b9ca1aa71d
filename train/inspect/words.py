"""What is said of the tables, on the terminal and on the page alike."""

import math
from collections.abc import Iterator

from train.inspect.rates import FEWEST_READERS
from train.inspect.result import Column, Look, Part, TableFacts

OF_READERS = {
    "age": "age",
    "gender": "gender",
    "country": "country",
    "city": "city",
    "os": "os",
    "source": "source",
    "exp_group": "exp_group",
}
"""What readers differ in, and how it is called."""
OF_VIEWS = {
    "topic": "topic",
    "place": "place in the session",
    "hour": "hour",
    "weekday": "weekday",
}
"""What views differ in besides."""

INTERVALS = (
    "Liked is likes per view. The views of a reader are alike, so the 95 % intervals count readers "
    f"and not views; of fewer than {FEWEST_READERS} readers there is none. Of so many parts some "
    "look high or low by chance. A difference is no cause: readers, posts and times go together."
)


def summary(found: Look) -> Iterator[str]:
    """The counts of all, a sentence each."""
    totals, views = found.totals, found.everything.views
    yield (
        f"{totals.readers:,} readers, {totals.posts:,} posts, {views:,} views; liked "
        f"{percent(found.everything.rate.value)} % ({interval(found.everything)})"
    )
    yield f"{found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M}, {_days(found)}"
    yield (
        f"{totals.active:,} readers were shown something, in {totals.sessions:,} sessions; "
        f"{totals.shown:,} posts were shown to somebody"
    )
    yield (
        f"{totals.again:,} views ({percent(totals.again / views)} %) showed a reader a post once "
        f"more; {found.everything.likes:,} views were liked, {totals.like_rows:,} rows are likes"
    )
    yield (
        f"{totals.doubles:,} rows of the feed are there once more, and are kept; "
        f"{totals.without_text:,} posts have no text, {totals.same_text:,} the text of another"
    )


def verdict(found: Look) -> str:
    """Whether a run would take the tables."""
    if found.refused:
        return f"A run would refuse these tables: {found.refused}"
    return "A run would take these tables."


def quality(table: TableFacts) -> str:
    """What a run would leave out of a table."""
    if not table.dropped:
        return "A run would use all rows."
    lost = sum(entry.rows for entry in table.dropped)
    reasons = ", ".join(f"{entry.reason}: {entry.rows:,}" for entry in table.dropped)
    return f"A run would drop {lost:,} rows ({reasons})."


def values(column: Column) -> str:
    """What is in a column."""
    told = [] if column.different is None else [f"{column.different:,} different"]
    if column.low is not None:
        told.append(f"{column.low} to {column.high}")
    return ", ".join(told)


def missing(column: Column, rows: int) -> str:
    """How many rows have no value, and their share."""
    return f"{column.missing:,} ({percent(column.missing / rows)} %)" if column.missing else "0"


def left_out(found: Look, kind: str) -> Iterator[str]:
    """What parts of a split are not shown, if there are some."""
    split = found.splits[kind]
    if split.parts_left_out:
        told = f"and {split.parts_left_out:,} more"
        if kind in OF_READERS:
            told += f", {percent(split.members_left_out / found.totals.readers)} % of the readers"
        yield told


def percent(share: float) -> str:
    """A share in hundredths, without the sign."""
    return f"{100 * share:.2f}"


def interval(part: Part) -> str:
    """The 95 % interval of a like rate in hundredths; where there is none, how few readers."""
    if not part.views:
        return "no view"
    if math.isnan(part.rate.low):
        return f"of {part.readers} reader{'s' if part.readers > 1 else ''}"
    return f"{percent(part.rate.low)}-{percent(part.rate.high)}"


def _days(found: Look) -> str:
    empty = found.days - len(found.splits["day"].parts)
    told = f"{found.days:,} days by the clock of {found.timezone}"
    return f"{told}, {empty:,} of them without a view" if empty else told
