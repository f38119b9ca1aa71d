"""Rows of the feed as PostgreSQL's binary COPY sends them, and as Parquet keeps them.

The SELECT gives every column a fixed width, so a row is 50 bytes and a block of rows is one
`np.frombuffer`: neither side turns a value into text. The format:
https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
"""

import io
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import cursor

from train.errors import SourceError

Rows = npt.NDArray[np.void]
"""Rows as they were sent, of the dtype ROW."""

_NULL_ID = -(2**62)
_NULL_TARGET = -1
_NULL_TIME = -(2**63)  # what -infinity is on the wire

COLUMNS = sql.SQL(f"""
    coalesce(timestamp::timestamp, '-infinity') AS moment,
    coalesce(user_id::bigint, {_NULL_ID}) AS user_id,
    coalesce(post_id::bigint, {_NULL_ID}) AS post_id,
    CASE action WHEN 'view' THEN 0 WHEN 'like' THEN 1 ELSE 2 END::smallint AS action,
    coalesce(target::smallint, {_NULL_TARGET}::smallint) AS target
""")
"""What to SELECT of the feed: its five columns, none of them NULL."""

_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER_BYTES = len(_SIGNATURE) + 8  # flags and the length of an extension, both 0
ROW = np.dtype(
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
SCHEMA = pa.schema(
    {
        "timestamp": pa.timestamp("us"),
        "user_id": pa.int64(),
        "post_id": pa.int64(),
        "action": pa.dictionary(pa.int8(), pa.string()),
        "target": pa.int16(),
    }
)
ROW_GROUP = 250_000
"""Rows of a row group of Parquet."""
_BUFFER_BYTES = 2 << 20


def copy_rows(session: cursor, query: sql.Composable, take: Callable[[Rows], None]) -> None:
    """Hand on what a query gives, in blocks of some ten thousand rows.

    Args:
        session: inside the transaction to read in.
        query: selects COLUMNS.
        take: is given each block; it may keep it.

    Raises:
        SourceError: the answer is not what PostgreSQL's documentation says.
    """
    statement = sql.SQL("COPY ({query}) TO STDOUT (FORMAT binary)").format(query=query)
    # psycopg2 writes a row at a time; the buffer, written in C, hands on many thousands at once.
    with io.BufferedWriter(_Decoder(take), _BUFFER_BYTES) as buffer:
        session.copy_expert(statement, buffer)


def table_of(rows: Rows) -> pa.Table:
    """The rows as a table of SCHEMA, with the NULLs that they have in the feed."""
    time = rows["timestamp"].astype(np.int64)
    user_id, post_id = rows["user_id"].astype(np.int64), rows["post_id"].astype(np.int64)
    target = rows["target"].astype(np.int16)
    kinds = SCHEMA.types
    columns = [
        _column(time + _POSTGRES_EPOCH_MICROSECONDS, kinds[0], time == _NULL_TIME),
        _column(user_id, kinds[1], user_id == _NULL_ID),
        _column(post_id, kinds[2], post_id == _NULL_ID),
        pa.DictionaryArray.from_arrays(
            _column(rows["action"].astype(np.int8), pa.int8()), _ACTIONS
        ),
        _column(target, kinds[4], target == _NULL_TARGET),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


class _Decoder(io.RawIOBase):
    """A file to copy into, in blocks of any size."""

    def __init__(self, take: Callable[[Rows], None]) -> None:
        super().__init__()
        self._take = take
        self._waiting = b""
        self._started = self._failed = False

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, block: object, /) -> int:
        """Take the next bytes of the COPY; all of them are taken."""
        received = bytes(cast("memoryview", block))
        if self._failed:
            return len(received)  # the buffer offers again what could not be taken
        self._failed = True
        self._decode(self._waiting + received)
        self._failed = False
        return len(received)

    def _decode(self, data: bytes) -> None:
        if not self._started:
            if not data.startswith(_SIGNATURE):
                raise SourceError("PostgreSQL's answer is not a binary COPY")
            data = data[_HEADER_BYTES:]
            self._started = True
        whole = len(data) // ROW.itemsize
        self._waiting = data[whole * ROW.itemsize :]
        if not whole:
            return
        rows = np.frombuffer(data, ROW, whole)
        if (rows["fields"] != 5).any():  # noqa: PLR2004 - the five columns of the SELECT
            raise SourceError("PostgreSQL's binary COPY of the feed has rows of an unknown shape")
        self._take(rows)


def _column(
    values: npt.NDArray[Any], kind: pa.DataType, missing: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    # From buffers: `pa.array` would import pandas, which takes a second and 50 MB.
    valid = None
    if missing is not None and missing.any():
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])
