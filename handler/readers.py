"""Readers of a release, fetched by shards as they ask."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from artifacts import layout
from artifacts.release import Release
from handler.tables import Readers, read_readers

SHARDS_KEPT = 4
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
    """Looks readers up; a shard is fetched when one of its readers first asks.

    The SHARDS_KEPT last used are kept. Safe to use from several threads, which at worst fetch the
    same shard each for itself.
    """

    def __init__(self, release: Release) -> None:
        width = len(release.manifest.features.reader)
        self._shards = release.manifest.user_shards
        self.unknown = Reader(
            np.full((1, width), np.nan, np.float32), np.empty(0, np.int64), known=False
        )

        @lru_cache(SHARDS_KEPT)
        def shard(number: int) -> Readers:
            path = layout.users_file(number)
            return read_readers(release.read(path), width, path)

        self._shard = shard

    def find(self, user_id: int) -> Reader:
        """The reader's row, or the unknown reader's.

        Raises:
            ArtifactError: the shard cannot be fetched, or is not what the manifest says.
        """
        shard = self._shard(layout.shard_of(user_id, self._shards))
        position = shard.position(user_id)
        if position is None:
            return self.unknown
        return Reader(shard.features[position : position + 1], shard.liked_by(position), known=True)
