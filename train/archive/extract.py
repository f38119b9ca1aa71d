"""The feed as days of the archive: what is new or has changed is read, the rest is there."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pyarrow.parquet as pq
from psycopg2 import sql
from psycopg2.extensions import cursor

from artifacts.stores import ObjectStore
from train.archive.files import Files
from train.archive.fingerprint import Day, Fingerprint, fingerprints, select_days
from train.archive.index import KeptDay, Origin, move_index, read_index
from train.archive.leftovers import remove_leftovers
from train.archive.writing import DayWriter
from train.source.feed_copy import copy_rows_of
from train.source.feed_rows import SCHEMA, Rows, copy_rows
from train.warehouse import Warehouse, literals


def archive_feed(
    warehouse: Warehouse,
    session: cursor,
    store: ObjectStore,
    origin: Origin,
    progress: Callable[[int, int], None],
) -> str:
    """Bring the archive up to the table, and show its days to the warehouse.

    Makes the view `raw_feed_data`, and the table `feed_days` of the files that it reads: `day`
    (NULL for rows that belong to none), `digest` of the day, `path`, `rows` of the file.

    Args:
        warehouse: takes the view; copies of an archive in S3 lie in its folder.
        session: in the transaction to read in, its time zone that of `origin`.
        store: the archive's.
        origin: the table to read, whose columns are known to be there and of their types.
        progress: told how many rows were read, and of how many.

    Returns:
        How many days were there already and how many were read, in words.

    Raises:
        SourceError: the archive is of something else or unreadable, or the database does not give
            the rows that it has counted.
        ArtifactError: the store failed. The archive is as it was before.
    """
    files = Files(store, warehouse.folder / "archive")
    kept, wanted = _compare(session, store, origin, files)
    read = list[KeptDay]()
    if wanted:
        query = select_days(_table(origin), wanted.keys() if kept else None)
        total = sum(fingerprint.rows for fingerprint in wanted.values())
        with DayWriter(files, wanted, warehouse.folder / "waiting") as writer:

            def take(rows: Rows) -> None:
                writer.take(rows)
                progress(writer.rows, total)

            copy_rows(session, query, take)
            read = writer.finish()
    days = sorted((*kept, *read), key=lambda one: (one.day is not None, str(one.day)))
    move_index(store, origin, days)
    remove_leftovers(store, origin)
    files.forget(but={file.key for one in days for file in one.files})
    _show(warehouse, days, files)
    return f"{len(kept)} days kept, {len(read)} read"


def look_at_feed(
    warehouse: Warehouse,
    session: cursor,
    store: ObjectStore,
    origin: Origin,
    progress: Callable[[int, int], None],
) -> str:
    """Show the feed to the warehouse as `archive_feed` does, and leave the archive as it is.

    Makes the view `raw_feed_data`, and no `feed_days`. Arguments and errors are its, too.

    Returns:
        How many days are there already and how many are to be read, in words.
    """
    files = Files(store, warehouse.folder / "archive")
    kept, wanted = _compare(session, store, origin, files)
    paths = [files.path(file.key) for one in kept for file in one.files]
    if wanted:
        path = warehouse.folder / "wanted.parquet"
        query = select_days(_table(origin), wanted.keys() if kept else None)
        total = sum(fingerprint.rows for fingerprint in wanted.values())
        copy_rows_of(session, query, path, lambda rows: progress(rows, total))
        paths.append(path)
    _show_files(warehouse, paths)
    return f"{len(kept)} days kept, {len(wanted)} to be read"


def _compare(
    session: cursor, store: ObjectStore, origin: Origin, files: Files
) -> tuple[list[KeptDay], dict[Day, Fingerprint]]:
    """The days that are kept and still true, and the others that the table has."""
    index = read_index(store, origin)
    found = fingerprints(session, _table(origin))
    kept = _still_true(index.days if index else (), found, files)
    return kept, {day: found[day] for day in found.keys() - {one.day for one in kept}}


def _table(origin: Origin) -> sql.Identifier:
    return sql.Identifier(origin.schema_name, origin.table)


def _still_true(
    days: Iterable[KeptDay], found: Mapping[Day, Fingerprint], files: Files
) -> list[KeptDay]:
    """The days that are as they were when they were read, and whose files are whole."""
    same = [one for one in days if found.get(one.day) == one.fingerprint]
    broken = files.fetch(file for one in same for file in one.files)
    return [one for one in same if broken.isdisjoint(file.key for file in one.files)]


def _show(warehouse: Warehouse, days: Iterable[KeptDay], files: Files) -> None:
    rows = [
        (one.day, str(one.fingerprint), str(files.path(file.key)), file.rows)
        for one in days
        for file in one.files
    ]
    warehouse.query(
        "CREATE OR REPLACE TABLE feed_days (day DATE, digest VARCHAR, path VARCHAR, rows BIGINT)"
    )
    if rows:
        names = ("days", "digests", "paths", "counts")
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        warehouse.query(
            "INSERT INTO feed_days SELECT unnest($days::DATE[]), unnest($digests), "
            "unnest($paths), unnest($counts)",
            **columns,
        )
    _show_files(warehouse, [Path(path) for _, _, path, _ in rows])


def _show_files(warehouse: Warehouse, paths: list[Path]) -> None:
    if not paths:
        paths = [warehouse.folder / "feed_data.parquet"]
        pq.write_table(SCHEMA.empty_table(), paths[0])
    warehouse.query(
        f"CREATE OR REPLACE VIEW raw_feed_data AS FROM read_parquet([{literals(paths)}])"
    )
