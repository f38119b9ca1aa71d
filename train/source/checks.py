"""The tables are checked before anything is computed from them.

What can be dropped without a doubt is dropped, counted and reported; what cannot stops the run with
a sentence that names the table, the column and the count.
"""

from datetime import datetime, timedelta

from artifacts.manifest import Dropped
from train.errors import SourceError
from train.source.tables import FEED_DATA, POST_TEXT_DF, TABLES, USER_DATA, Table, TableNames
from train.warehouse import Warehouse

MOST_DROPPED = 0.5
"""A source that loses more than this share of a table is not the source that was meant."""

EARLIEST = datetime(2000, 1, 1)  # noqa: DTZ001 - the network's own clock has no zone
"""No social network of this kind is older."""

_CLOCKS_APART = timedelta(days=1)
"""The network's clock may be ahead of ours by its time zone, and no more."""

OUT_OF_RANGE = "time out of range"
"""Why a row of `clean_feed.sql` is dropped that a later run may use."""

FEWEST_DAYS = 5
"""Features need a day before them; fitting, stopping and measuring need days of their own."""

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_DOES_NOT_CONVERT = {
    "integer": 'TRY_CAST("{0}" AS BIGINT) IS NULL OR TRY_CAST("{0}" AS DOUBLE) <> "{0}"::BIGINT',
    "timestamp": 'TRY_CAST("{0}" AS TIMESTAMP) IS NULL',
}
_WANTED = {"integer": "whole numbers", "text": "texts", "timestamp": "times"}


def clean_tables(
    warehouse: Warehouse, names: TableNames, timezone: str, now: datetime
) -> tuple[Dropped, ...]:
    """Make `readers`, `posts` and `feed` of the raw views, and say what was dropped.

    Args:
        warehouse: has `raw_user_data`, `raw_post_text_df`, `raw_feed_data`.
        names: how the source calls its tables, for the sentences.
        timezone: the network's clock; times with a zone are turned to it.
        now: this moment; actions later than a day from it are dropped.

    Returns:
        One entry for every table and reason with at least one row dropped.

    Raises:
        SourceError: the tables cannot be trained from.
    """
    clean_profiles(warehouse, names)
    clean_feed(warehouse, timezone, now)
    return check_clean(warehouse, names)


def clean_profiles(warehouse: Warehouse, names: TableNames) -> None:
    """Make `readers` and `posts`, and `dropped` of what was left out of them.

    Raises:
        SourceError: as `clean_tables`.
    """
    for table in TABLES:
        _check_columns(warehouse, table, names)
    warehouse.run("clean")
    for table, key in ((USER_DATA, "user_id"), (POST_TEXT_DF, "post_id")):
        _check_ids(warehouse, table, key, names)


def clean_feed(warehouse: Warehouse, timezone: str, now: datetime) -> None:
    """Make `feed`, `dropped_feed` and `feed_facts` of `raw_feed_data`, which may be a part."""
    warehouse.run("clean_feed", timezone=timezone, earliest=EARLIEST, latest=now + _CLOCKS_APART)


def check_clean(warehouse: Warehouse, names: TableNames) -> tuple[Dropped, ...]:
    """What was dropped, if what is left can be trained from.

    Args:
        warehouse: has the raw views, and `dropped`, `dropped_feed` and `feed_facts` of all.
        names: how the source calls its tables.

    Raises:
        SourceError: as `clean_tables`.
    """
    dropped = dropped_rows(warehouse, names)
    for table in TABLES:
        _check_loss(warehouse, table, names, dropped)
    _check_feed(warehouse, names)
    return dropped


def dropped_rows(warehouse: Warehouse, names: TableNames) -> tuple[Dropped, ...]:
    """What was dropped, whether or not what is left can be trained from.

    Args:
        warehouse: as of `check_clean`.
        names: as of `check_clean`.
    """
    return tuple(
        Dropped(table=names.of(table), reason=reason, rows=rows)
        for table in TABLES
        for reason, rows in warehouse.query(
            "SELECT reason, rows FROM (FROM dropped UNION ALL FROM dropped_feed) "
            "WHERE table_name = $table ORDER BY rows DESC, reason",
            table=table.name,
        )
    )


def _check_columns(warehouse: Warehouse, table: Table, names: TableNames) -> None:
    types = warehouse.columns(f"raw_{table.name}")
    for column, family in table.columns.items():
        if column not in types:
            raise SourceError(f"the table {names.of(table)} has no column {column}")
        kind = types[column]
        if family == "text" or (family == "integer" and kind in _INTEGERS):
            continue
        if family == "timestamp" and kind.startswith("TIMESTAMP"):
            continue
        # What is left comes as text (CSV) or in a type of another family: every value must convert.
        wrong, example = warehouse.query(
            f'SELECT count(*), min("{column}"::VARCHAR) FROM "raw_{table.name}" '  # noqa: S608 - our own names
            f'WHERE "{column}" IS NOT NULL AND ({_DOES_NOT_CONVERT[family].format(column)})'
        )[0]
        if wrong:
            raise SourceError(
                f"{names.of(table)}.{column} has {_count(wrong, 'value')} that cannot be read as "
                f"{_WANTED[family]}, such as {example!r}"
            )


def _check_ids(warehouse: Warehouse, table: Table, key: str, names: TableNames) -> None:
    clean = {"user_data": "readers", "post_text_df": "posts"}[table.name]
    twice, example = warehouse.query(
        f"SELECT count(*), min({key}) FROM "  # noqa: S608 - our own names
        f"(SELECT {key} FROM {clean} GROUP BY {key} HAVING count(*) > 1)"
    )[0]
    if twice:
        raise SourceError(
            f"{names.of(table)}.{key} is not unique: {_count(twice, 'id')} with rows that differ, "
            f"such as {example}"
        )
    if not warehouse.query(f"SELECT count(*) FROM {clean}")[0][0]:  # noqa: S608 - our own names
        raise SourceError(f"the table {names.of(table)} has no row that can be used")


def _check_loss(
    warehouse: Warehouse, table: Table, names: TableNames, dropped: tuple[Dropped, ...]
) -> None:
    reasons = [entry for entry in dropped if entry.table == names.of(table)]
    lost = sum(entry.rows for entry in reasons)
    rows = warehouse.query(f'SELECT count(*) FROM "raw_{table.name}"')[0][0]  # noqa: S608 - our own names
    if lost > MOST_DROPPED * rows:
        listed = ", ".join(f"{entry.reason}: {entry.rows}" for entry in reasons)
        raise SourceError(
            f"{lost} of {rows} rows of {names.of(table)} cannot be used ({listed}); "
            "is this the right source?"
        )


def _check_feed(warehouse: Warehouse, names: TableNames) -> None:
    feed = names.of(FEED_DATA)
    views, likes, days = warehouse.query("SELECT views, likes, days FROM feed_facts")[0]
    if not views:
        raise SourceError(f"the table {feed} has no view at all")
    if not likes:
        raise SourceError(f"{feed}.target has no like at all: there is nothing to learn from")
    if days < FEWEST_DAYS:
        raise SourceError(
            f"{feed}.timestamp spans {_count(days, 'day')}; at least {FEWEST_DAYS} are needed to "
            "learn from the past and measure on the future"
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
