"""The whole feed as one Parquet file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from psycopg2 import sql
from psycopg2.extensions import cursor

from train.source.feed_rows import COLUMNS, ROW_GROUP, SCHEMA, Rows, copy_rows, table_of


def copy_feed(
    session: cursor, table: sql.Identifier, path: Path, progress: Callable[[int], None]
) -> None:
    """Stream the feed into a Parquet file, in memory that does not grow with it.

    Args:
        session: inside the transaction to read in.
        table: the feed, whose columns are known to be there and of their types.
        path: the file to write.
        progress: told the number of rows so far, after each block.
    """
    query = sql.SQL("SELECT {columns} FROM {table}").format(columns=COLUMNS, table=table)
    copy_rows_of(session, query, path, progress)


def copy_rows_of(
    session: cursor, query: sql.Composable, path: Path, progress: Callable[[int], None]
) -> None:
    """The same of the rows of a query for COLUMNS."""
    done = 0
    with RowGroups(path) as file:

        def take(rows: Rows) -> None:
            nonlocal done
            file.add(rows)
            done += len(rows)
            progress(done)

        copy_rows(session, query, take)


class RowGroups:
    """A Parquet file that is written a row group at a time.

    Holds what Parquet has not yet written of one.

    Args:
        target: a path, or a stream of Arrow.
    """

    def __init__(self, target: Any) -> None:  # noqa: ANN401 - whatever Arrow can write to
        self._parquet = pq.ParquetWriter(
            target, SCHEMA, compression="zstd", use_dictionary=["action"]
        )
        self._waiting: list[pa.Table] = []
        self._unwritten = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self._parquet.close()

    def add(self, rows: Rows) -> None:
        """Append rows, any number of them."""
        self._waiting.append(table_of(rows))
        self._unwritten += len(rows)
        if self._unwritten >= ROW_GROUP:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            self._parquet.write_table(pa.concat_tables(self._waiting), row_group_size=ROW_GROUP)
        self._waiting = []
        self._unwritten = 0
