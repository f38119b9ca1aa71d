"""Counting days of an archive beside those that are counted already."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from train.features.steps import count_days
from train.source.checks import clean_feed
from train.statistics.facts import DayFacts, DroppedRows
from train.warehouse import Warehouse, literals

_SCHEMA = "fresh"


@dataclass(frozen=True)
class Fresh:
    """Days that were counted now.

    Attributes:
        days: their facts, without tables.
        of_no_day: reasons and rows of what was dropped and is of no day.
    """

    days: dict[date, DayFacts]
    of_no_day: list[tuple[str, int]]


@contextmanager
def count_fresh(
    warehouse: Warehouse, paths: Sequence[str], timezone: str, now: datetime, sample: float
) -> Iterator[Fresh]:
    """Count the days of these files, in a schema of their own, which is there in the block.

    Args:
        warehouse: has `readers`, `posts`, `post_vectors` and `raw_feed_data`.
        paths: Parquet of whole days.
        timezone: the network's clock.
        now: this moment, by it.
        sample: the share of readers of whom what was shown is wanted.
    """
    warehouse.query(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")
    warehouse.query(f"CREATE SCHEMA {_SCHEMA}")
    # What is made is made in the first of them; what is read may be in either.
    warehouse.query(f"SET search_path = '{_SCHEMA},main'")
    try:
        source = f"read_parquet([{literals(paths)}])" if paths else "main.raw_feed_data LIMIT 0"
        warehouse.query(f"CREATE VIEW raw_feed_data AS FROM {source}")
        clean_feed(warehouse, timezone, now)
        count_days(warehouse, sample)
        for script in ("strangers", "known", "day_facts"):
            warehouse.run(script)
        yield _told(warehouse, sample)
    finally:
        warehouse.query("SET search_path = 'main'")
        warehouse.query(f"DROP SCHEMA {_SCHEMA} CASCADE")


def fresh_table(warehouse: Warehouse, table: str, day: date) -> pa.Table:
    """A day's rows of a table that was counted now."""
    return warehouse.arrow(f"FROM {_SCHEMA}.{table} WHERE day = DATE '{day}'")


def _told(warehouse: Warehouse, sample: float) -> Fresh:
    dropped: dict[date | None, list[tuple[str, int]]] = {}
    for day, reason, rows in warehouse.query("FROM day_dropped ORDER BY day, reason"):
        dropped.setdefault(day, []).append((reason, rows))
    days = {}
    for day, rows, mixed, total, views, likes, since, until, known in warehouse.query(
        "FROM day_facts ORDER BY day"
    ):
        lost = dropped.get(day, [])
        days[day] = DayFacts(
            tables=(), sample=sample, rows=rows or 0, mixed=mixed or "0", total=total or "0",
            views=views or 0, likes=likes or 0, since=since, until=until, known=known or "",
            dropped=tuple(DroppedRows(reason=reason, rows=count) for reason, count in lost),
        )  # fmt: skip
    return Fresh(days, dropped.get(None, []))
