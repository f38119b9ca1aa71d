"""A feed in PostgreSQL, read through an archive, and compared with the table itself."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from artifacts.stores import ObjectStore
from train.archive.fingerprint import Day
from train.archive.index import INDEX, Index
from train.source.postgres import read_postgres
from train.source.tables import TableNames
from train.warehouse import Warehouse

TABLES = (
    """
    CREATE TABLE user_data (user_id int, gender int, age int, country text, city text,
        exp_group int, os text, source text)
    """,
    "CREATE TABLE post_text_df (post_id int, text text, topic text)",
    """
    CREATE TABLE feed_data ("timestamp" timestamp, user_id int, post_id bigint, action text,
        target smallint)
    """,
)
DAYS = (
    "INSERT INTO feed_data SELECT '2021-10-01'::timestamp + i % 5 * interval '1 day' + i * "
    "interval '1 min', i % 7, i, CASE WHEN i % 3 = 0 THEN 'like' ELSE 'view' END, i % 2 "
    "FROM generate_series(0, 499) AS i"
)
"""Five days of a hundred rows, which take turns in the table."""

# What comes of 'infinity': far before all times that can be used, as ever.
_INFINITE = -(2**63) + 946_684_800_000_000 - 1
_ROWS = f"""
    SELECT
        CASE WHEN moment >= '0001-01-01' AND moment < '10000-01-01' THEN moment::date END,
        CASE WHEN moment = 'infinity' THEN {_INFINITE}
            WHEN moment > '-infinity' THEN (extract(epoch FROM moment) * 1000000)::bigint
        END,
        user_id, post_id,
        CASE WHEN action IN ('view', 'like') THEN action ELSE 'other' END, target
    FROM (SELECT timestamp::timestamp AS moment, * FROM feed_data) AS f
"""

_COLUMNS = 'epoch_us("timestamp"), user_id, post_id, action, target'

Rows = Counter[tuple[Any, ...]]
"""Of a day: time in microseconds since 1970, user, post, action, target."""


def execute(url: str, *statements: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


def table_rows(url: str, timezone: str = "UTC") -> dict[Day, Rows]:
    """The table's rows by day, as PostgreSQL itself tells them."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SET TimeZone = %s", (timezone,))
        cursor.execute(_ROWS)
        return _by_day(cursor.fetchall())


@dataclass(frozen=True)
class Reading:
    """What a reading gave.

    Attributes:
        rows: by day, of the file in which they came.
        told: in words, the days that were kept and read.
        copied: how many rows came out of the table.
    """

    rows: dict[Day, Rows]
    told: str
    copied: int


def read(
    url: str,
    archive: ObjectStore,
    work: Path,
    timezone: str = "UTC",
    *,
    names: TableNames | None = None,
    while_it_reads: Callable[[], object] = lambda: None,
) -> Reading:
    copied = 0

    def progress(done: int, expected: int | None) -> None:
        nonlocal copied
        if not copied:
            while_it_reads()
        copied = done
        assert expected is not None
        assert done <= expected

    with closing(Warehouse(work)) as warehouse:
        told = read_postgres(
            warehouse, url, names or TableNames(), timezone, progress, archive=archive
        )
        files = warehouse.query("SELECT day, path, rows FROM feed_days")
        rows = _by_day(
            (day, *row)
            for day, path, _ in files
            for row in warehouse.query(f"SELECT {_COLUMNS} FROM read_parquet($path)", path=path)
        )
        assert sum(count for *_, count in files) == sum(map(Counter.total, rows.values()))
        assert sum(rows.values(), Rows()) == Counter(
            warehouse.query(f"SELECT {_COLUMNS} FROM raw_feed_data")
        )
    return Reading(rows, told, copied)


def keys(archive: ObjectStore) -> dict[Day, set[str]]:
    """The files of each day that the index names."""
    index = Index.from_json(archive.read(INDEX).data)
    return {one.day: {file.key for file in one.files} for one in index.days}


def problems(archive: ObjectStore) -> list[str]:
    """What is wrong with the archive: files that its index names, and that are not as it says."""
    index = Index.from_json(archive.read(INDEX).data)
    files = [file for one in index.days for file in one.files]
    found = {file.key: archive.read(file.key).data for file in files}
    return [
        file.key for file in files if hashlib.sha256(found[file.key]).hexdigest() != file.sha256
    ]


def _by_day(rows: Iterable[tuple[Any, ...]]) -> dict[Day, Rows]:
    found: dict[Day, Rows] = {}
    for day, *row in rows:
        found.setdefault(day, Counter())[tuple(row)] += 1
    return found
