"""What each day of the feed is known by, and how its rows are selected."""

from collections.abc import Set as AbstractSet
from datetime import date
from importlib.resources import files
from typing import NamedTuple

from psycopg2 import sql
from psycopg2.extensions import cursor

from train.source.feed_rows import COLUMNS

Day = date | None
"""A day of the network's clock; None for rows whose time is missing, infinite or in no calendar."""

# The sum of fewer than 2^64 hashes of 64 bits.
_SUMS = 2**128


class Fingerprint(NamedTuple):
    """Two days of the same fingerprint have the same rows.

    Attributes:
        rows: how many.
        checksum: 32 hex digits, of all five columns of all rows, in any order.
    """

    rows: int
    checksum: str

    def __str__(self) -> str:
        return f"{self.rows}-{self.checksum}"


def fingerprints(session: cursor, table: sql.Identifier) -> dict[Day, Fingerprint]:
    """Those of all days that have rows, by one scan of the table.

    Args:
        session: in the transaction and of the time zone to read in.
        table: the feed.
    """
    session.execute(scan(table))
    return {
        day: Fingerprint(int(rows), f"{int(total) % _SUMS:032x}")
        for day, rows, total in session.fetchall()
    }


def scan(table: sql.Identifier) -> sql.Composable:
    """The query for day, rows and sum of hashes."""
    text = files("train.archive").joinpath("fingerprint.sql").read_text()
    return sql.SQL(text).format(columns=COLUMNS, table=table)


def select_days(table: sql.Identifier, days: AbstractSet[Day] | None) -> sql.Composable:
    """The query for COLUMNS of the rows of those days, at least one; None is for all days."""
    query = sql.SQL("SELECT {columns} FROM {table}").format(columns=COLUMNS, table=table)
    if days is None:
        return query
    conditions = list[sql.Composable]()
    dated = sorted(day for day in days if day is not None)
    if dated:
        # The bounds can use an index; where days are left out between them, the list is looked up.
        conditions.append(
            sql.SQL(
                "timestamp::timestamp >= {first}::date AND timestamp::timestamp < {last}::date + 1"
                " AND timestamp::timestamp::date = ANY ({days}::date[])"
            ).format(
                first=sql.Literal(dated[0]), last=sql.Literal(dated[-1]), days=sql.Literal(dated)
            )
        )
    if None in days:
        conditions.append(
            sql.SQL(
                "timestamp IS NULL OR timestamp::timestamp < '0001-01-01'"
                " OR timestamp::timestamp >= '10000-01-01'"
            )
        )
    return sql.Composed([query, sql.SQL(" WHERE "), sql.SQL(" OR ").join(conditions)])
