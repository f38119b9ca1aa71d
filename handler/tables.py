"""The Parquet files of a release as numpy arrays.

`ParquetFile.read` and buffers, not `read_table` and `to_numpy`: those import pandas where it is
installed, which takes longer than all the rest of a cold start.
"""

from dataclasses import dataclass
from functools import cached_property
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
    """The catalogue; of equal scores the earlier post is recommended first.

    Attributes:
        ids: int64 [N], unique.
        texts: N texts.
        topics: N topics.
        features: float32 [N, P], contiguous.
        vectors: float32 [D, N], contiguous; D is 0 where the ranker has no first stage.
    """

    ids: npt.NDArray[np.int64]
    texts: pa.StringArray
    topics: pa.StringArray
    features: npt.NDArray[np.float32]
    vectors: npt.NDArray[np.float32]

    @cached_property
    def _by_id(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        rows = np.argsort(self.ids)
        return self.ids[rows], rows

    def rows_of(
        self, ids: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The rows of posts, ascending and each once, and the ids that the catalogue has not."""
        ids = np.unique(ids)
        known_ids, rows = self._by_id
        found = np.minimum(np.searchsorted(known_ids, ids), len(known_ids) - 1)
        known = known_ids[found] == ids
        return np.sort(rows[found[known]]), ids[~known]


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


@dataclass(frozen=True)
class _Table:
    """A Parquet file of a release, checked column by column."""

    path: str
    rows: pa.Table

    @classmethod
    def parse(cls, data: bytes, path: str, columns: tuple[str, ...]) -> "_Table":
        try:
            return cls(path, pq.ParquetFile(pa.BufferReader(data)).read(columns=list(columns)))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise BrokenRelease(f"{path} cannot be read as Parquet: {error}") from error

    def column(self, name: str, kind: pa.DataType) -> pa.Array:
        if name not in self.rows.column_names:
            raise BrokenRelease(f"{self.path} has no column {name}")
        column = self.rows[name]
        if not column.type.equals(kind):
            raise BrokenRelease(
                f"{self.path}: the column {name} is {column.type}, but must be {kind}"
            )
        whole = column.combine_chunks()
        try:
            whole.validate(full=True)  # that texts are UTF-8, too
        except pa.ArrowInvalid as error:
            raise BrokenRelease(f"{self.path}: the column {name} is broken: {error}") from error
        self._refuse_nulls(name, whole)
        return whole

    def ids(self, name: str) -> npt.NDArray[np.int64]:
        return _values(self.column(name, pa.int64()), np.int64)

    def matrix(self, name: str, width: int) -> npt.NDArray[np.float32]:
        rows = self.column(name, pa.list_(pa.float32(), width))
        numbers = rows.flatten()
        self._refuse_nulls(name, numbers)
        return _values(numbers, np.float32).reshape(len(rows), width)

    def lists(self, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Where the lists end, the first one's beginning before them, and their int64 items."""
        rows = self.column(name, pa.list_(pa.int64()))
        self._refuse_nulls(name, rows.values)
        return _values(rows.offsets, np.int32).astype(np.int64), _values(rows.values, np.int64)

    def _refuse_nulls(self, name: str, array: pa.Array) -> None:
        if array.null_count:
            raise BrokenRelease(f"{self.path}: the column {name} has {array.null_count} nulls")


def read_posts(data: bytes, width: int, dimensions: int) -> Posts:
    """The posts of `posts.parquet` with `width` features each, and vectors of `dimensions`, or 0.

    Raises:
        BrokenRelease: there are none, or the columns are not as they must be.
    """
    columns = (*layout.POSTS_COLUMNS, layout.VECTOR) if dimensions else layout.POSTS_COLUMNS
    table = _Table.parse(data, layout.POSTS, columns)
    ids = table.ids(layout.POST_ID)
    if not len(ids):
        raise BrokenRelease(f"{layout.POSTS} holds no posts")
    if len(np.unique(ids)) < len(ids):
        raise BrokenRelease(f"{layout.POSTS}: the column {layout.POST_ID} holds an id twice")
    return Posts(
        ids,
        table.column(layout.TEXT, pa.string()),
        table.column(layout.TOPIC, pa.string()),
        table.matrix(layout.FEATURES, width),
        # Turned: the graph multiplies faster along the posts than across them.
        np.ascontiguousarray(table.matrix(layout.VECTOR, dimensions).T)
        if dimensions
        else np.empty((0, len(ids)), np.float32),
    )


def read_readers(data: bytes, width: int, path: str) -> Readers:
    """The readers of one shard with `width` features each.

    Raises:
        BrokenRelease: the columns are not as they must be.
    """
    table = _Table.parse(data, path, layout.USERS_COLUMNS)
    ids = table.ids(layout.USER_ID)
    if (ids[1:] <= ids[:-1]).any():
        raise BrokenRelease(f"{path}: the column {layout.USER_ID} does not ascend")
    return Readers(ids, table.matrix(layout.FEATURES, width), *table.lists(layout.LIKED))


def _values(array: pa.Array, dtype: type[_Number]) -> npt.NDArray[_Number]:
    offset = array.offset * np.dtype(dtype).itemsize
    return np.frombuffer(array.buffers()[1], dtype, len(array), offset)
