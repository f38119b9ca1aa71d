"""The tables as three Parquet files in a folder."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from train.demo_data.plan import DemoDataError
from train.demo_data.tables import ACTIONS, Columns, FeedRows

_FEED = pa.schema(
    [
        ("timestamp", pa.timestamp("us")),
        ("user_id", pa.int32()),
        ("post_id", pa.int32()),
        ("action", pa.dictionary(pa.int8(), pa.string())),
        ("target", pa.int32()),
    ]
)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        # Without Arrow's own schema in the file, `action` reads back as a plain string column.
        self._feed = pq.ParquetWriter(
            path / "feed_data.parquet",
            _FEED,
            compression="zstd",
            store_schema=False,
            use_dictionary=["post_id", "action", "target"],
            column_encoding={"timestamp": "DELTA_BINARY_PACKED"},
        )

    def write_users(self, columns: Columns) -> None:
        self._write_table("user_data", columns)

    def write_posts(self, columns: Columns) -> None:
        self._write_table("post_text_df", columns)

    def write_feed(self, rows: FeedRows) -> None:
        action = pa.DictionaryArray.from_arrays(pa.array(rows.action), pa.array(ACTIONS))
        arrays = [pa.array(rows.timestamp), rows.user_id, rows.post_id, action, rows.target]
        self._feed.write_table(pa.table(arrays, schema=_FEED), row_group_size=1 << 20)

    def close(self) -> None:
        self._feed.close()

    def _write_table(self, name: str, columns: Columns) -> None:
        arrays = {column: pa.array(values) for column, values in columns.items()}
        narrow = {
            column: array.cast(pa.int32()) if pa.types.is_integer(array.type) else array
            for column, array in arrays.items()
        }
        pq.write_table(
            pa.table(narrow), self._path / f"{name}.parquet", compression="zstd", store_schema=False
        )


@contextmanager
def open_folder(path: Path) -> Iterator[_Folder]:
    """Opens a folder for the tables; it appears under its name when all are written, or not at all.

    Raises:
        DemoDataError: If there is something at `path` already.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DemoDataError(
            f"{path} exists and is not an empty folder; demo data are only written to a new one"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        folder = _Folder(partial)
        try:
            yield folder
        finally:
            folder.close()
        partial.chmod(0o755)
        partial.rename(path)
    except BaseException:
        shutil.rmtree(partial)
        raise
