"""The release that is served, as far as its successor needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import numpy.typing as npt
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # ships no types

from artifacts import layout
from artifacts.channel import Channel, read_channel
from artifacts.errors import BrokenRelease
from artifacts.manifest import Manifest
from artifacts.release import Release, manifests, open_release
from artifacts.stores import ObjectStore
from train.errors import RefreshError
from train.features.encoders import Encoders, read_encoders
from train.features.rows import FeatureRows, feature_matrix
from train.recipe import features_digest
from train.retrieval.requests import Ranker, ranker

MOST_READERS = 20_000
"""They come from as many whole shards as hold about so many."""
_TRAIN = "`train run` makes a release that can be refreshed"


@dataclass(frozen=True)
class Parent:
    """A release to be followed by one with newer features.

    Attributes:
        release: in its store.
        encoders: that its features were made with.
    """

    release: Release
    encoders: Encoders

    @property
    def manifest(self) -> Manifest:
        """Its manifest."""
        return self.release.manifest

    @property
    def id(self) -> str:
        """The release id."""
        return self.manifest.release

    def graph(self) -> onnx.ModelProto:
        """The ranker."""
        try:
            return onnx.load_from_string(self.release.read(layout.RANKER))
        except DecodeError as error:
            raise self._broken(layout.RANKER) from error

    def readers(self) -> FeatureRows:
        """The rows of some readers: those of whole shards."""
        shards = min(self.manifest.user_shards, max(1, MOST_READERS // layout.READERS_PER_SHARD))
        tables = [self._table(layout.users_file(shard)) for shard in range(shards)]
        return self._rows(pa.concat_tables(tables), layout.USER_ID, self.manifest.features.reader)

    def posts(self) -> tuple[FeatureRows, Ranker]:
        """The rows of the posts, and what ranks them."""
        table = self._table(layout.POSTS)
        rows = self._rows(table, layout.POST_ID, self.manifest.features.post)
        vectors = blocks = None
        if layout.VECTOR in table.column_names:
            lists = table[layout.VECTOR].combine_chunks()
            vectors = np.ascontiguousarray(
                lists.flatten().to_numpy().reshape(len(table), lists.type.list_size).T
            )
        if layout.BLOCK in table.column_names:
            blocks = table[layout.BLOCK].to_numpy()
        return rows, ranker(self.graph(), rows.features, vectors, blocks)

    def _table(self, path: str) -> pa.Table:
        try:
            return pq.read_table(pa.BufferReader(self.release.read(path)))
        except pa.ArrowException as error:
            raise self._broken(path) from error

    def _rows(self, table: pa.Table, key: str, columns: tuple[str, ...]) -> FeatureRows:
        try:
            ids: npt.NDArray[np.int64] = table[key].to_numpy()
            return FeatureRows(ids, feature_matrix(table, columns))
        except (KeyError, ValueError, AttributeError) as error:
            raise self._broken(f"the table of every {key}") from error

    def _broken(self, path: str) -> BrokenRelease:
        return BrokenRelease(f"{path} of release {self.id} is unreadable")


def open_parent(store: ObjectStore, release_id: str) -> Parent:
    """Open a release whose model can be given newer features by this program.

    Raises:
        RefreshError: it cannot: the release has no encoders, or its features were made otherwise.
        NotFound, BrokenRelease, StoreUnavailable: as `open_release`, or its encoders are broken.
    """
    release = open_release(store, release_id)
    manifest = release.manifest
    if layout.ENCODERS not in {entry.path for entry in manifest.files}:
        raise RefreshError(f"release {release_id} has no {layout.ENCODERS}: {_TRAIN}")
    encoders, made_by = read_encoders(release.read(layout.ENCODERS))
    schema, features = encoders.schema, manifest.features
    if (features.topics, features.reader, features.post, features.model) != (
        schema.topics, schema.reader, schema.post, schema.model,
    ):  # fmt: skip
        raise RefreshError(f"the model of release {release_id} wants other features: {_TRAIN}")
    if made_by != features_digest():
        raise RefreshError(
            f"the features of release {release_id} were made by another version of Lenta: {_TRAIN}"
        )
    return Parent(release, encoders)


def open_parents(store: ObjectStore, channel: str) -> tuple[Channel, list[Parent]]:
    """The channel, and what it serves.

    Raises:
        RefreshError: it serves nothing, or as `open_parent`.
        NotFound, BrokenRelease, StoreUnavailable: as `open_parent`.
    """
    served = read_channel(store, channel)
    if served is None:
        raise RefreshError(
            f"the channel {channel} serves nothing yet: the first release is made by `train run`"
        )
    return served, [open_parent(store, release) for release in served.releases]


def clock_of(parents: Sequence[Parent]) -> str:
    """The timezone that all of them are of.

    Raises:
        RefreshError: they are of several.
    """
    clocks = {parent.manifest.timezone: parent.id for parent in parents}
    if len(clocks) > 1:
        first, second = sorted(clocks)[:2]
        raise RefreshError(
            f"releases {clocks[first]} and {clocks[second]} are of different clocks, {first} and "
            f"{second}: one reading of the tables cannot refresh both"
        )
    return next(iter(clocks))


def made_before(store: ObjectStore, parent: Parent, recipe: str) -> Manifest | None:
    """What an earlier refresh has made of the same tables, and could or would not serve."""
    later = takewhile(lambda manifest: manifest.release > parent.id, manifests(store))
    return next((manifest for manifest in later if manifest.recipe == recipe), None)


def require_known_topics(parent: Parent, topics: list[str]) -> None:
    """Refuse tables with a topic that the model does not know.

    Raises:
        RefreshError: there is one.
    """
    new = sorted({*topics} - {*parent.encoders.topics})
    if new:
        raise RefreshError(
            f"the topic {new[0]!r} is new: the model of release {parent.id} does not know it, and "
            "`train run` makes one that does"
        )
