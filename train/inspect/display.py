"""The look on a terminal: tables and bars within 80 columns, which need no colour."""

import math
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from train.inspect import words
from train.inspect.result import Look, Part, Split, TableFacts

_BAR = 14
_NAME = 20
_EXAMPLE = 32
_DAYS = 31
"""A longer feed is told by the week."""


def show_look(found: Look, console: Console) -> None:
    """Print all of it; whether a run would take the tables last."""
    bar = "#" if console.options.ascii_only else "█"
    for told in _told(found, bar):
        if isinstance(told, Table):
            console.print()
        console.print(told, markup=False, highlight=False)


def _told(found: Look, bar: str) -> Iterator[str | Table]:
    yield from words.summary(found)
    for facts in found.tables:
        yield _columns(facts)
        yield words.quality(facts)
    yield _spreads(found)
    yield _posts(found)
    for kind, name in words.OF_READERS.items():
        yield _readers(name, found.splits[kind], found.totals.readers, bar)
        yield from words.left_out(found, kind)
    for kind, name in words.OF_VIEWS.items():
        yield _views(f"Views by {name}", found.splits[kind].parts, bar)
        yield from words.left_out(found, kind)
    yield _heat(found)
    if found.days <= _DAYS:
        yield _views("Views by day", found.splits["day"].parts, bar)
    else:
        yield _views("Views by week, from its first day", found.splits["week"].parts, bar)
    yield ""
    yield words.INTERVALS
    yield ""
    yield words.verdict(found)


def _columns(facts: TableFacts) -> Table:
    table = _table(f"{facts.name}: {facts.rows:,} rows", "column", "read as")
    table.add_column("missing", justify="right")
    table.add_column("values")
    for column in facts.columns:
        table.add_row(
            column.name, column.family, words.missing(column, facts.rows), words.values(column)
        )
    return table


def _spreads(found: Look) -> Table:
    table = _table("How much, and how differently", "")
    for name in ("mean", "5 %", "25 %", "median", "75 %", "95 %"):
        table.add_column(name, justify="right")
    for spread in found.spreads:
        numbers = (f"{number:,}" for number in spread.quantiles)
        table.add_row(spread.name, f"{spread.mean:,.1f}", *numbers)
    return table


def _posts(found: Look) -> Table:
    table = _table("Posts by topic, each with one of the median length", "topic")
    for name in ("posts", "shown", "chars"):
        table.add_column(name, justify="right")
    table.add_column("for example")
    for topic in found.topics:
        table.add_row(
            _cut(topic.name, _NAME), f"{topic.posts:,}", f"{topic.shown:,}", f"{topic.length:,}",
            _cut(" ".join(topic.text.split()), _EXAMPLE),
        )  # fmt: skip
    return table


def _readers(name: str, split: Split, readers: int, bar: str) -> Table:
    table = _table(f"Readers by {name}", "")
    table.add_column("readers", justify="right")
    table.add_column("%", justify="right")
    table.add_column("", width=_BAR)
    _rate_columns(table)
    most = max(part.members for part in split.parts)
    for part in split.parts:
        table.add_row(
            _cut(part.name, _NAME), f"{part.members:,}", words.percent(part.members / readers),
            _bar(part.members / most, bar), *_rate(part),
        )  # fmt: skip
    return table


def _views(title: str, parts: Sequence[Part], bar: str) -> Table:
    table = _table(title, "")
    table.add_column("readers", justify="right")
    table.add_column("views", justify="right")
    _rate_columns(table)
    table.add_column("", width=_BAR)
    most = max(part.rate.value for part in parts) or 1.0
    for part in parts:
        table.add_row(
            _cut(part.name, _NAME), f"{part.readers:,}", f"{part.views:,}", *_rate(part),
            _bar(part.rate.value / most, bar),
        )  # fmt: skip
    return table


def _heat(found: Look) -> Table:
    ages = [part.name for part in found.splits["age"].parts]
    table = _table("Liked, %, by topic and age (likes/views where readers are few)", "")
    for age in ages:
        table.add_column(age, justify="right")
    for topic in found.topics:
        cells = (_cell(found.heat.get((age, topic.name))) for age in ages)
        table.add_row(_cut(topic.name, _NAME), *cells)
    return table


def _cell(part: Part | None) -> str:
    if part is None:
        return ""
    if math.isnan(part.rate.low):
        return f"{part.likes:,}/{part.views:,}"
    return f"{100 * part.rate.value:.1f}"


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=Text(title, "bold"), title_justify="left", box=box.SIMPLE_HEAD,
        show_edge=False, pad_edge=False,
    )  # fmt: skip
    for column in columns:
        table.add_column(column)
    return table


def _rate_columns(table: Table) -> None:
    table.add_column("liked, %", justify="right")
    table.add_column("95 %")


def _rate(part: Part) -> tuple[str, str]:
    value = "" if math.isnan(part.rate.value) else words.percent(part.rate.value)
    return value, words.interval(part)


def _cut(words: str, cells: int) -> Text:
    # A text of the network may hold what a terminal would obey.
    text = Text("".join(letter if letter.isprintable() else " " for letter in words))
    text.truncate(cells, overflow="ellipsis")
    return text


def _bar(share: float, block: str) -> str:
    return block * round(_BAR * share)
