"""PostgreSQL's binary COPY of the feed, decoded by numpy into Parquet.

The SELECT gives every column a fixed width, so a row is 50 bytes and a block of rows is one
`np.frombuffer`: neither side turns a value into text. The format:
https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg2 import sql
from psycopg2.extensions import cursor

from train.errors import SourceError

_NULL_ID = -(2**62)
_NULL_TARGET = -1
_NULL_TIME = -(2**63)  # what -infinity is on the wire

_COLUMNS = f"""
    coalesce(timestamp::timestamp, '-infinity'),
    coalesce(user_id::bigint, {_NULL_ID}),
    coalesce(post_id::bigint, {_NULL_ID}),
    CASE action WHEN 'view' THEN 0 WHEN 'like' THEN 1 ELSE 2 END::smallint,
    coalesce(target::smallint, {_NULL_TARGET}::smallint)
"""

_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER_BYTES = len(_SIGNATURE) + 8  # flags and the length of an extension, both 0
_ROW = np.dtype(
    [("fields", ">i2")]
    + [
        field
        for name, kind in (
            ("timestamp", ">i8"),
            ("user_id", ">i8"),
            ("post_id", ">i8"),
            ("action", ">i2"),
            ("target", ">i2"),
        )
        for field in ((f"{name}_bytes", ">i4"), (name, kind))
    ]
)
_POSTGRES_EPOCH_MICROSECONDS = 946_684_800_000_000  # 2000-01-01 in Unix time
_ACTIONS = pa.StringArray.from_buffers(
    3, pa.py_buffer(np.array([0, 4, 8, 13], np.int32)), pa.py_buffer(b"viewlikeother")
)
_SCHEMA = pa.schema(
    {
        "timestamp": pa.timestamp("us"),
        "user_id": pa.int64(),
        "post_id": pa.int64(),
        "action": pa.dictionary(pa.int8(), pa.string()),
        "target": pa.int16(),
    }
)
_ROW_GROUP = 250_000
_BUFFER_BYTES = 2 << 20


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
    statement = sql.SQL("COPY (SELECT {columns} FROM {table}) TO STDOUT (FORMAT binary)").format(
        columns=sql.SQL(_COLUMNS), table=table
    )
    # psycopg2 writes a row at a time; the buffer, written in C, hands on many thousands at once.
    with io.BufferedWriter(_FeedWriter(path, progress), _BUFFER_BYTES) as buffer:
        session.copy_expert(statement, buffer)


class _FeedWriter(io.RawIOBase):
    """A file to copy the feed into, in blocks of any size; what comes out is Parquet at `path`.

    Holds one block of rows and what Parquet has not yet written of a row group.

    Args:
        path: the Parquet file.
        progress: told the number of rows so far, after each block.
    """

    def __init__(self, path: Path, progress: Callable[[int], None]) -> None:
        super().__init__()
        self._parquet = pq.ParquetWriter(
            path, _SCHEMA, compression="zstd", use_dictionary=["action"]
        )
        self._progress = progress
        self._waiting = b""
        self._tables: list[pa.Table] = []
        self._rows = self._unwritten = 0
        self._started = False

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, block: object, /) -> int:
        """Take the next bytes of the COPY; all of them are taken."""
        received = bytes(cast("memoryview", block))
        data = self._waiting + received
        if not self._started:
            if not data.startswith(_SIGNATURE):
                raise SourceError("PostgreSQL's answer is not a binary COPY")
            data = data[_HEADER_BYTES:]
            self._started = True
        whole = len(data) // _ROW.itemsize
        self._waiting = data[whole * _ROW.itemsize :]
        if whole:
            self._take(np.frombuffer(data, _ROW, whole))
        return len(received)

    def close(self) -> None:
        """Write what is left and close the Parquet file."""
        if not self.closed:
            self._write_row_group()
            self._parquet.close()
        super().close()

    def _take(self, rows: npt.NDArray[np.void]) -> None:
        if (rows["fields"] != 5).any():  # noqa: PLR2004 - the five columns of the SELECT
            raise SourceError("PostgreSQL's binary COPY of the feed has rows of an unknown shape")
        self._tables.append(_table(rows))
        self._rows += len(rows)
        self._unwritten += len(rows)
        if self._unwritten >= _ROW_GROUP:
            self._write_row_group()
        self._progress(self._rows)

    def _write_row_group(self) -> None:
        if self._tables:
            self._parquet.write_table(pa.concat_tables(self._tables), row_group_size=_ROW_GROUP)
        self._tables = []
        self._unwritten = 0


def _table(rows: npt.NDArray[np.void]) -> pa.Table:
    time = rows["timestamp"].astype(np.int64)
    user_id, post_id = rows["user_id"].astype(np.int64), rows["post_id"].astype(np.int64)
    target = rows["target"].astype(np.int16)
    kinds = _SCHEMA.types
    columns = [
        _column(time + _POSTGRES_EPOCH_MICROSECONDS, kinds[0], time == _NULL_TIME),
        _column(user_id, kinds[1], user_id == _NULL_ID),
        _column(post_id, kinds[2], post_id == _NULL_ID),
        pa.DictionaryArray.from_arrays(
            _column(rows["action"].astype(np.int8), pa.int8()), _ACTIONS
        ),
        _column(target, kinds[4], target == _NULL_TARGET),
    ]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def _column(
    values: npt.NDArray[Any], kind: pa.DataType, missing: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    # From buffers: `pa.array` would import pandas, which takes a second and 50 MB.
    valid = None
    if missing is not None and missing.any():
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])
