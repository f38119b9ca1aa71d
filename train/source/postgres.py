"""A source that is a PostgreSQL database: its tables are streamed into files by COPY."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ, connection, cursor, parse_dsn

from artifacts.stores import ObjectStore
from train.archive.extract import archive_feed, look_at_feed
from train.archive.index import Origin
from train.errors import SourceError
from train.source.feed_copy import copy_feed
from train.source.folder import add_file
from train.source.tables import (
    FEED_DATA,
    POST_TEXT_DF,
    TABLES,
    USER_DATA,
    Family,
    Table,
    TableNames,
)
from train.warehouse import Warehouse

RowsRead = Callable[[int, int | None], None]
"""Told the rows of the feed read so far, and how many are expected (None if not known)."""

_TYPES: dict[Family, set[str]] = {
    "integer": {"int2", "int4", "int8"},
    "text": {"text", "varchar", "bpchar"},
    "timestamp": {"timestamp", "timestamptz"},
}


def read_postgres(
    warehouse: Warehouse,
    url: str,
    names: TableNames,
    timezone: str,
    progress: RowsRead,
    *,
    archive: ObjectStore | None = None,
    keep: bool = True,
) -> str:
    """Make the views `raw_user_data`, `raw_post_text_df` and `raw_feed_data` of the tables.

    All three are read in one read-only REPEATABLE READ transaction, so that they agree with each
    other. SELECT on them is the only right that is needed. Memory does not grow with the tables.

    Args:
        warehouse: takes the views; the files lie in its folder.
        url: postgresql://user:password@host:port/database
        names: the tables' names in that database, and their schema.
        timezone: the network's clock; a `timestamp with time zone` is turned to it.
        progress: told how far the feed has been read.
        archive: keeps the feed's days; only what is new or has changed is read then.
        keep: whether the archive takes that.

    Returns:
        What is worth telling of it, if anything.

    Raises:
        SourceError: no connection, or a table or column is missing, unreadable or of a wrong type;
            or the archive is not of this table.
        ArtifactError: the archive's store failed.
    """
    _check_address(url)
    try:
        database = psycopg2.connect(url, application_name="lenta train")
    except psycopg2.OperationalError as error:
        raise SourceError(f"PostgreSQL does not let us in: {str(error).strip()}") from error
    try:
        database.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        with database.cursor() as session:
            session.execute("SET LOCAL TimeZone = %s", (timezone,))
            _read_tables(warehouse, session, names)
            if archive is None:
                return _read_feed(warehouse, session, names, progress)
            origin = _origin(database, names, timezone)
            read = archive_feed if keep else look_at_feed
            return read(warehouse, session, archive, origin, progress)
    except psycopg2.Error as error:
        raise SourceError(f"reading from PostgreSQL failed: {str(error).strip()}") from error
    finally:
        database.close()


def _check_address(url: str) -> None:
    # libpq would quote the part that it does not understand: often the password, cut at a slash.
    try:
        ports = parse_dsn(url).get("port", "")
    except psycopg2.ProgrammingError:
        ports = "none"
    if not all(port.isdigit() for port in ports.split(",") if port):
        raise SourceError(
            "the source's address cannot be understood: it is postgresql://user:password@host:port/"
            "database, and in a password / @ : % are written as %2F %40 %3A %25"
        )


def _read_tables(warehouse: Warehouse, session: cursor, names: TableNames) -> None:
    """Check all tables, and read the small ones."""
    for table in TABLES:
        _check_columns(session, table, names)
    for table in (USER_DATA, POST_TEXT_DF):
        path = warehouse.folder / f"{table.name}.csv"
        _copy_as_csv(session, table, names, path)
        add_file(warehouse, table.name, path)


def _read_feed(warehouse: Warehouse, session: cursor, names: TableNames, progress: RowsRead) -> str:
    path = warehouse.folder / f"{FEED_DATA.name}.parquet"
    expected = _expected_rows(session, names)
    feed = sql.Identifier(names.schema, names.feed_data)
    copy_feed(session, feed, path, lambda rows: progress(rows, expected))
    add_file(warehouse, FEED_DATA.name, path)
    return ""


def _origin(database: connection, names: TableNames, timezone: str) -> Origin:
    told = database.info.dsn_parameters
    return Origin(
        server=":".join(filter(None, (told.get("host"), told.get("port")))),
        database=database.info.dbname,
        schema_name=names.schema,
        table=names.feed_data,
        timezone=timezone,
    )


def _check_columns(session: cursor, table: Table, names: TableNames) -> None:
    full_name = f"{names.schema}.{names.of(table)}"
    session.execute(
        """
        SELECT c.oid, has_table_privilege(c.oid, 'SELECT')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = %s
        """,
        (names.schema, names.of(table)),
    )
    found = session.fetchone()
    if found is None:
        raise SourceError(f"the database has no table {full_name}")
    if not found[1]:
        raise SourceError(f"we have no right to SELECT from {full_name}")
    session.execute(
        """
        SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
        """,
        (found[0],),
    )
    types: dict[str, str] = dict(session.fetchall())
    for column, family in table.columns.items():
        if column not in types:
            raise SourceError(f"the table {full_name} has no column {column}")
        if types[column] not in _TYPES[family]:
            raise SourceError(
                f"{full_name}.{column} is of type {types[column]}, but {family} is needed"
            )


def _expected_rows(session: cursor, names: TableNames) -> int | None:
    # The planner's estimate: counting 77 million rows would cost as much as reading half of them.
    session.execute(
        """
        SELECT c.reltuples::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = %s
        """,
        (names.schema, names.feed_data),
    )
    found: tuple[Any, ...] | None = session.fetchone()
    return int(found[0]) if found and found[0] > 0 else None


def _copy_as_csv(session: cursor, table: Table, names: TableNames, path: Path) -> None:
    statement = sql.SQL(
        "COPY (SELECT {columns} FROM {table}) TO STDOUT (FORMAT csv, HEADER)"
    ).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        table=sql.Identifier(names.schema, names.of(table)),
    )
    with path.open("wb") as file:
        session.copy_expert(statement, file)
