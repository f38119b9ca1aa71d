"""A Parquet file of a release as numpy arrays, read by arro3, a small library of Arrow's.

pyarrow would do it too, and is five times as large and ten times as slow to import.
"""

import io
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from arro3.core import Array, ChunkedArray, DataType, Table, list_flatten, list_offsets
from arro3.io import read_parquet

from artifacts.errors import BrokenRelease

_Number = TypeVar("_Number", bound=np.generic)

_ROWS_AT_ONCE = 16_384
"""A million posts are read in steps of 20 ms then, between which calls are answered."""


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file, checked column by column.

    Its methods raise BrokenRelease where a column is missing, of another type, or has nulls.

    Attributes:
        path: in the release.
        table: all of it.
    """

    path: str
    table: Table

    @classmethod
    def parse(cls, data: bytes, path: str) -> "ParquetFile":
        """Read the file's bytes.

        Raises:
            BrokenRelease: they are no Parquet.
        """
        try:
            reader = read_parquet(io.BytesIO(data), batch_size=_ROWS_AT_ONCE)
            # Not by list(), which as arro3 lets no other thread run: no call would be answered.
            batches = [batch for batch in reader]  # noqa: C416 - see above
            return cls(path, Table.from_batches(batches, schema=reader.schema))
        except BaseException as error:
            # Besides exceptions of many classes arro3 raises Rust's panic, which is no Exception.
            if isinstance(error, Exception) or type(error).__name__ == "PanicException":
                raise BrokenRelease(f"{path} cannot be read as Parquet: {error}") from error
            raise

    def strings(self, name: str) -> Array:
        """A column of strings."""
        return self._whole(name, DataType.string())

    def ids(self, name: str) -> npt.NDArray[np.int64]:
        """A column of int64."""
        return self._numbers(name, DataType.int64(), np.int64)

    def small_numbers(self, name: str) -> npt.NDArray[np.int32]:
        """A column of int32."""
        return self._numbers(name, DataType.int32(), np.int32)

    def rows_where(self, name: str) -> npt.NDArray[np.int64]:
        """The rows of which a column of truths is true, ascending; none if there is no column."""
        if name not in self.table.column_names:
            return np.empty(0, np.int64)
        return np.flatnonzero(self._numbers(name, DataType.bool(), np.bool_))

    def matrix(self, name: str, width: int) -> npt.NDArray[np.float32]:
        """float32 [rows, width], contiguous: a column of lists, all of that width."""
        column = self._column(name, DataType.list(DataType.float32(), width))
        return _joined(
            [
                _numbers(self._items(name, chunk), np.float32).reshape(len(chunk), width)
                for chunk in column.chunks
            ]
        )

    def lists(self, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Where the lists end, the first one's beginning before them, and their int64 items."""
        column = self._whole(name, DataType.list(DataType.int64()))
        ends = _numbers(_array(list_offsets(column)), np.int32).astype(np.int64)
        return ends, _numbers(self._items(name, column), np.int64)

    def _numbers(self, name: str, kind: DataType, dtype: type[_Number]) -> npt.NDArray[_Number]:
        return _joined([_numbers(chunk, dtype) for chunk in self._column(name, kind).chunks])

    def _whole(self, name: str, kind: DataType) -> Array:
        return self._column(name, kind).combine_chunks()

    def _column(self, name: str, kind: DataType) -> ChunkedArray:
        if name not in self.table.column_names:
            raise BrokenRelease(f"{self.path} has no column {name}")
        column = self.table[name]
        if _said(column.type) != _said(kind):
            raise BrokenRelease(
                f"{self.path}: the column {name} is {_said(column.type)}, but must be {_said(kind)}"
            )
        self._refuse_nulls(name, column)
        return column

    def _items(self, name: str, lists: Array) -> Array:
        items = _array(list_flatten(lists))
        self._refuse_nulls(name, items)
        return items

    def _refuse_nulls(self, name: str, array: Array | ChunkedArray) -> None:
        if array.null_count:
            raise BrokenRelease(f"{self.path}: the column {name} has {array.null_count} nulls")


def _numbers(array: Array, dtype: type[_Number]) -> npt.NDArray[_Number]:
    return array.to_numpy().astype(dtype, copy=False)


def _joined(pieces: list[npt.NDArray[_Number]]) -> npt.NDArray[_Number]:
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _array(found: object) -> Array:
    # arro3's functions take and give streams of arrays as well.
    if not isinstance(found, Array):
        raise TypeError(f"expected an array, not {type(found).__name__}")
    return found


def _said(kind: DataType) -> str:
    """A type in words; the names of a list's items, which mean nothing, are left out."""
    items = kind.value_type
    if items is None:
        return str(kind).strip().removeprefix("arro3.core.DataType<").removesuffix(">").lower()
    return f"lists of {kind.list_size or 'any number of'} {_said(items)}"
