"""The tables of a release: its posts, their texts, shards of readers, and kinds of new ones."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from arro3.core import Array

from artifacts import layout
from artifacts.blocks import first_stage_inputs
from artifacts.errors import BrokenRelease
from artifacts.proofs import FirstStage
from handler.parquet import ParquetFile


@dataclass(frozen=True)
class Posts:
    """The catalogue; of equal scores the earlier post is recommended first.

    Attributes:
        ids: int64 [N], unique.
        texts: N texts; None where they lie in files of their own.
        text_starts: int64, the first row of each of these files, and N; 0 alone where none are.
        topics: N topics.
        features: float32 [N, P], contiguous.
        fresh: int64, rows of the fresh posts, ascending; none in a release that does not tell.
        first_stage: inputs of the ranker's first stage by name, contiguous; none where it has none.
    """

    ids: npt.NDArray[np.int64]
    texts: Array | None
    text_starts: npt.NDArray[np.int64]
    topics: Array
    features: npt.NDArray[np.float32]
    fresh: npt.NDArray[np.int64]
    first_stage: dict[str, npt.NDArray[np.generic]]

    @cached_property
    def _by_id(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        rows = np.argsort(self.ids)
        return self.ids[rows], rows

    def rows_of(
        self, ids: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The rows of posts, ascending and each once, and the ids that the catalogue has not."""
        ids = _unique(ids)
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
        newest_first: whether each reader's are in the order of time.
    """

    ids: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]
    liked_ends: npt.NDArray[np.int64]
    liked: npt.NDArray[np.int64]
    newest_first: bool = False

    def position(self, user_id: int) -> int | None:
        """The reader's place in the shard, or None if the reader is not in it."""
        found = int(np.searchsorted(self.ids, user_id))
        return found if found < len(self.ids) and self.ids[found] == user_id else None

    def liked_by(self, position: int) -> npt.NDArray[np.int64]:
        """int64: ids of the posts that the reader at `position` has liked."""
        return self.liked[self.liked_ends[position] : self.liked_ends[position + 1]]


@dataclass(frozen=True)
class Newcomers:
    """Readers of whom no more than a profile is known.

    A release that was made before there were any has none.

    Attributes:
        fields: by what kinds of them differ.
        kinds: of each its values, in the order of `fields`.
        features: float32 [kinds, R].
    """

    fields: tuple[str, ...]
    kinds: tuple[tuple[str, ...], ...]
    features: npt.NDArray[np.float32]


def _unique(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    # np.unique would import numpy.ma: 9 ms of each cold start.
    ids = np.sort(ids)
    is_first = np.ones(len(ids), bool)
    is_first[1:] = ids[1:] != ids[:-1]
    return ids[is_first]


def read_posts(data: bytes, width: int, stage: FirstStage | None) -> Posts:
    """The posts of `posts.parquet`, with `width` features each, and what the first stage needs.

    Raises:
        BrokenRelease: there are none, or the columns are not as they must be.
    """
    file = ParquetFile.parse(data, layout.POSTS)
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


def _text_starts(file: ParquetFile) -> npt.NDArray[np.int64]:
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
    file = ParquetFile.parse(data, path)
    if not file.table.num_rows or not np.array_equal(file.ids(layout.POST_ID), ids):
        raise BrokenRelease(f"{path} is of other posts than {layout.POSTS} says")
    return file.strings(layout.TEXT)


def _first_stage(file: ParquetFile, stage: FirstStage) -> dict[str, npt.NDArray[np.generic]]:
    return first_stage_inputs(
        file.matrix(layout.VECTOR, stage.dimensions),
        file.small_numbers(layout.BLOCK) if stage.blocks else None,
    )


def read_readers(data: bytes, width: int, path: str) -> Readers:
    """The readers of one shard with `width` features each.

    Raises:
        BrokenRelease: the columns are not as they must be.
    """
    file = ParquetFile.parse(data, path)
    if not file.table.num_rows:  # no column has any piece of memory then
        nobody = np.empty(0, np.int64)
        return Readers(nobody, np.empty((0, width), np.float32), np.zeros(1, np.int64), nobody)
    ids = file.ids(layout.USER_ID)
    if (ids[1:] <= ids[:-1]).any():
        raise BrokenRelease(f"{path}: the column {layout.USER_ID} does not ascend")
    newest_first = file.table.schema.metadata_str.get(layout.LIKED) == layout.NEWEST_FIRST
    return Readers(
        ids, file.matrix(layout.FEATURES, width), *file.lists(layout.LIKED), newest_first
    )


def read_newcomers(data: bytes, width: int) -> Newcomers:
    """The kinds of new readers with `width` features each.

    Raises:
        BrokenRelease: there are none, or the columns are not as they must be.
    """
    file = ParquetFile.parse(data, layout.NEWCOMERS)
    if not file.table.num_rows:
        raise BrokenRelease(f"{layout.NEWCOMERS} holds no kinds")
    fields = tuple(name for name in file.table.column_names if name != layout.FEATURES)
    kinds = tuple(zip(*(file.strings(name).to_pylist() for name in fields), strict=True))
    return Newcomers(fields, kinds, file.matrix(layout.FEATURES, width))
