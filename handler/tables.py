"""The Parquet files of a release as numpy arrays.

`ParquetFile.read` and buffers, not `read_table` and `to_numpy`: those import pandas where it is
installed, which takes longer than all the rest of a cold start.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from artifacts import layout
from artifacts.errors import BrokenRelease

_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True)
class Posts:
    """The catalogue, by ascending id.

    Attributes:
        ids: int64 [N].
        texts: N texts.
        topics: N topics.
        features: float32 [N, P], contiguous.
    """

    ids: npt.NDArray[np.int64]
    texts: pa.StringArray
    topics: pa.StringArray
    features: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Readers:
    """One shard of readers, by ascending id.

    Attributes:
        ids: int64 [n].
        features: float32 [n, R].
        liked_ends: int64 [n + 1]; reader i has liked `liked[liked_ends[i]:liked_ends[i + 1]]`.
        liked: int64, post ids.
    """

    ids: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]
    liked_ends: npt.NDArray[np.int64]
    liked: npt.NDArray[np.int64]

    def position(self, user_id: int) -> int | None:
        """The reader's place in the shard, or None if the reader is not in it."""
        found = int(np.searchsorted(self.ids, user_id))
        return found if found < len(self.ids) and self.ids[found] == user_id else None

    def liked_by(self, position: int) -> npt.NDArray[np.int64]:
        """int64: ids of the posts that the reader at `position` has liked."""
        return self.liked[self.liked_ends[position] : self.liked_ends[position + 1]]


def read_posts(data: bytes, width: int) -> Posts:
    """The posts of `posts.parquet` with `width` features each.

    Raises:
        BrokenRelease: the columns are not as they must be.
    """
    table = _read(data, layout.POSTS, layout.POSTS_COLUMNS)
    return Posts(
        _integers(table, layout.POST_ID, layout.POSTS),
        _column(table, layout.TEXT, pa.string(), layout.POSTS),
        _column(table, layout.TOPIC, pa.string(), layout.POSTS),
        _features(table, width, layout.POSTS),
    )


def read_readers(data: bytes, width: int, path: str) -> Readers:
    """The readers of one shard with `width` features each.

    Raises:
        BrokenRelease: the columns are not as they must be.
    """
    table = _read(data, path, layout.USERS_COLUMNS)
    liked = _column(table, layout.LIKED, pa.list_(pa.int64()), path)
    return Readers(
        _integers(table, layout.USER_ID, path),
        _features(table, width, path),
        _values(liked.offsets, np.int32).astype(np.int64),
        _values(liked.values, np.int64),
    )


def _read(data: bytes, path: str, columns: tuple[str, ...]) -> pa.Table:
    try:
        return pq.ParquetFile(pa.BufferReader(data)).read(columns=list(columns))
    except (pa.ArrowException, OSError) as error:
        raise BrokenRelease(f"{path} cannot be read as Parquet: {error}") from error


def _column(table: pa.Table, name: str, kind: pa.DataType, path: str) -> pa.Array:
    if name not in table.column_names:
        raise BrokenRelease(f"{path} has no column {name}")
    column = table[name]
    if not column.type.equals(kind):
        raise BrokenRelease(f"{path}: the column {name} is {column.type}, but must be {kind}")
    if column.null_count:
        raise BrokenRelease(f"{path}: the column {name} has {column.null_count} nulls")
    whole = column.combine_chunks()
    # A table without rows has no chunk to combine.
    return (
        whole
        if isinstance(whole, pa.Array)
        else pa.concat_arrays([*whole.chunks, pa.array([], kind)])
    )


def _integers(table: pa.Table, name: str, path: str) -> npt.NDArray[np.int64]:
    ids = _values(_column(table, name, pa.int64(), path), np.int64)
    if (np.diff(ids) <= 0).any():
        raise BrokenRelease(f"{path}: the column {name} does not ascend")
    return ids


def _features(table: pa.Table, width: int, path: str) -> npt.NDArray[np.float32]:
    lists = _column(table, layout.FEATURES, pa.list_(pa.float32(), width), path)
    return _values(lists.flatten(), np.float32).reshape(len(table), width)


def _values(array: pa.Array, dtype: type[_Number]) -> npt.NDArray[_Number]:
    buffer = array.buffers()[1]
    if buffer is None:
        return np.empty(0, dtype)
    return np.frombuffer(buffer, dtype, len(array), array.offset * np.dtype(dtype).itemsize)
