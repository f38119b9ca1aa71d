"""Readers of a release, fetched by shards as they ask."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from artifacts import layout
from artifacts.release import Release
from handler.tables import Readers, read_readers

_SHARDS_KEPT = 4
"""About 3 MB each; an instance of the function sees few readers at a time."""


@dataclass(frozen=True)
class Reader:
    """One reader's row.

    Attributes:
        features: float32 [1, R]; NaN wherever nothing is known.
        liked: int64, ids of posts not to be recommended again.
        known: whether the release knows the reader.
    """

    features: npt.NDArray[np.float32]
    liked: npt.NDArray[np.int64]
    known: bool


class ReaderShards:
    """Looks readers up; a shard is fetched when one of its readers first asks."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._width = len(release.manifest.features.reader)
        self._kept: OrderedDict[int, Readers] = OrderedDict()
        self._unknown = Reader(
            np.full((1, self._width), np.nan, np.float32), np.empty(0, np.int64), known=False
        )

    def find(self, user_id: int) -> Reader:
        """The reader's row, or the unknown reader's.

        Raises:
            ArtifactError: the shard cannot be fetched, or is not what the manifest says.
        """
        shard = self._shard(layout.shard_of(user_id, self._release.manifest.user_shards))
        position = shard.position(user_id)
        if position is None:
            return self._unknown
        return Reader(shard.features[position : position + 1], shard.liked_by(position), known=True)

    def _shard(self, number: int) -> Readers:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        path = layout.users_file(number)
        shard = read_readers(self._release.read(path), self._width, path)
        self._kept[number] = shard
        if len(self._kept) > _SHARDS_KEPT:
            self._kept.popitem(last=False)
        return shard
