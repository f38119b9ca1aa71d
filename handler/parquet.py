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


def read_posts(data: bytes, width: int, stage: FirstStage | None) -> Posts:
    """The posts of `posts.parquet`, with `width` features each, and what the first stage needs.

    Raises:
        BrokenRelease: there are none, or the columns are not as they must be.
    """
    file = _File.parse(data, layout.POSTS)
    del data  # it may be large, and so may be what is made now
    if not file.table.num_rows:
        raise BrokenRelease(f"{layout.POSTS} holds no posts")
    ids = file.ids(layout.POST_ID)
    if len(_unique(ids)) < len(ids):
        raise BrokenRelease(f"{layout.POSTS}: the column {layout.POST_ID} holds an id twice")
    has_texts = layout.TEXT_FILE not in file.table.column_names
    return Posts(
        ids,
        file.strings(layout.TEXT) if has_texts else None,
        np.zeros(1, np.int64) if has_texts else _text_starts(file),
        file.strings(layout.TOPIC),
        file.matrix(layout.FEATURES, width),
        file.rows_where(layout.FRESH),
        _first_stage(file, stage) if stage and stage.used else {},
    )


def _text_starts(file: _File) -> npt.NDArray[np.int64]:
    numbers = file.small_numbers(layout.TEXT_FILE)
    steps = np.diff(numbers)
    if numbers[0] != 0 or (steps < 0).any() or (steps > 1).any():
        raise BrokenRelease(
            f"{layout.POSTS}: the column {layout.TEXT_FILE} does not rise from 0 by one at most"
        )
    return np.concatenate(([0], np.flatnonzero(steps) + 1, [len(numbers)]))


def read_texts(data: bytes, ids: npt.NDArray[np.int64], path: str) -> Array:
    """The texts of the posts with these ids, in their order.

    Raises:
        BrokenRelease: the file is of other posts, or the columns are not as they must be.
    """
    file = _File.parse(data, path)
    if not file.table.num_rows or not np.array_equal(file.ids(layout.POST_ID), ids):
        raise BrokenRelease(f"{path} is of other posts than {layout.POSTS} says")
    return file.strings(layout.TEXT)


def _first_stage(file: _File, stage: FirstStage) -> dict[str, npt.NDArray[np.generic]]:
    return first_stage_inputs(
        file.matrix(layout.VECTOR, stage.dimensions),
        file.small_numbers(layout.BLOCK) if stage.blocks else None,
    )


def read_readers(data: bytes, width: int, path: str) -> Readers:
    """The readers of one shard with `width` features each.

    Raises:
        BrokenRelease: the columns are not as they must be.
    """
    file = _File.parse(data, path)
    if not file.table.num_rows:  # no column has any piece of memory then
        nobody = np.empty(0, np.int64)
        return Readers(nobody, np.empty((0, width), np.float32), np.zeros(1, np.int64), nobody)
    ids = file.ids(layout.USER_ID)
    if (ids[1:] <= ids[:-1]).any():
        raise BrokenRelease(f"{path}: the column {layout.USER_ID} does not ascend")
    return Readers(ids, file.matrix(layout.FEATURES, width), *file.lists(layout.LIKED))


def _unique(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    # np.unique would import numpy.ma: 9 ms of each cold start.
    ids = np.sort(ids)
    is_first = np.ones(len(ids), bool)
    is_first[1:] = ids[1:] != ids[:-1]
    return ids[is_first]


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
