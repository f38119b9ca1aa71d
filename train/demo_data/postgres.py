"""The tables in a PostgreSQL database, all in one transaction."""

import csv
import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import psycopg2
from psycopg2.extensions import cursor as _Cursor  # noqa: N812  # a class, named like a function

from train.demo_data.plan import DemoDataError
from train.demo_data.tables import ACTIONS, Columns, FeedRows

# https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT: signature, flags, no
# header extension; then for each row the number of fields, and each field after its length in
# bytes; then -1.
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_FIELDS = {"timestamp": ">i8", "user_id": ">i4", "post_id": ">i4", "action": "S4", "target": ">i4"}
_ROW = np.dtype(
    [("fields", ">i2")]
    + [part for name, kind in _FIELDS.items() for part in ((f"{name} length", ">i4"), (name, kind))]
)
_EPOCH = np.datetime64("2000-01-01", "us")


class _Database:
    def __init__(self, cursor: _Cursor) -> None:
        self._cursor = cursor

    def write_users(self, columns: Columns) -> None:
        self._copy("copy_user_data.sql", _csv(columns))

    def write_posts(self, columns: Columns) -> None:
        self._copy("copy_post_text_df.sql", _csv(columns))

    def write_feed(self, rows: FeedRows) -> None:
        self._copy("copy_feed_data.sql", _binary(rows))

    def _copy(self, name: str, data: bytes) -> None:
        self._cursor.copy_expert(_sql(name), io.BytesIO(data))


@contextmanager
def open_database(url: str) -> Iterator[_Database]:
    """Opens a database for the tables; they hold all rows when this ends well, and none otherwise.

    Raises:
        DemoDataError: If one of the tables holds rows already, or PostgreSQL refuses.
    """
    try:
        with (
            closing(psycopg2.connect(url)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(_sql("create_tables.sql"))
            cursor.execute(_sql("tables_with_rows.sql"))
            full = [name for (name,) in cursor.fetchall()]
            if full:
                names = " and ".join(full)
                raise DemoDataError(f"demo data need empty tables, but {names} already hold rows")
            yield _Database(cursor)
    except psycopg2.Error as error:
        raise DemoDataError(f"PostgreSQL refused the demo data: {str(error).strip()}") from error


def _csv(columns: Columns) -> bytes:
    text = io.StringIO()
    lists = [column if isinstance(column, list) else column.tolist() for column in columns.values()]
    csv.writer(text).writerows(zip(*lists, strict=True))
    return text.getvalue().encode()


def _binary(rows: FeedRows) -> bytes:
    packed = np.empty(len(rows.timestamp), _ROW)
    packed["fields"] = len(_FIELDS)
    for name in _FIELDS:
        packed[f"{name} length"] = _ROW[name].itemsize
    packed["timestamp"] = (rows.timestamp - _EPOCH).astype(np.int64)
    packed["user_id"] = rows.user_id
    packed["post_id"] = rows.post_id
    packed["action"] = np.array(ACTIONS, "S4")[rows.action]
    packed["target"] = rows.target
    return _HEADER + packed.tobytes() + _TRAILER


def _sql(name: str) -> str:
    return (Path(__file__).parent / "sql" / name).read_text(encoding="utf-8")
