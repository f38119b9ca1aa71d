"""Where the heavy work of a run is done: on one machine, unless a cluster is named."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from artifacts.layout import shards_for
from artifacts.manifest import Dropped, FileEntry
from artifacts.publish import add_file
from artifacts.stores import ObjectStore
from train.export.tables import reader_files
from train.features.build import build_features
from train.features.rows import FeatureRows, Features, rows_to_serve
from train.learn import Fitter, LocalFitter
from train.progress import Progress
from train.recipe import tables_digest
from train.settings import RunSettings
from train.source.load import load
from train.warehouse import Warehouse


@dataclass(frozen=True)
class Built:
    """The features of a run.

    Attributes:
        features: what is learned from.
        readers: rows as they are served, of all readers or of many drawn by their ids.
        posts: the same of all posts, most liked first.
        shards: how many files all readers are spread over.
    """

    features: Features
    readers: FeatureRows
    posts: FeatureRows
    shards: int


class Engine(Protocol):
    """The heavy steps of a run, in order."""

    def load(self, progress: Progress) -> tuple[tuple[Dropped, ...], str]:
        """Read and check the tables: what was dropped, and the digest of what is left.

        Raises:
            SourceError: they cannot be read, or cannot be trained from.
        """
        ...

    def build(self) -> Built:
        """Make the features."""
        ...

    def fitter(self, features: Features) -> Fitter:
        """What fits models to these features, which are those that were built."""
        ...

    def write_readers(self, store: ObjectStore, release: str) -> Iterable[FileEntry]:
        """Write the shards of readers into a release."""
        ...


class OneMachine:
    """All of it in this process.

    Args:
        warehouse: the run's own.
        settings: the run's.
    """

    def __init__(self, warehouse: Warehouse, settings: RunSettings) -> None:
        self._warehouse, self._settings = warehouse, settings

    def load(self, progress: Progress) -> tuple[tuple[Dropped, ...], str]:
        """Read and check the tables."""
        dropped = load(self._warehouse, self._settings, progress)
        return dropped, tables_digest(self._warehouse)

    def build(self) -> Built:
        """Make the features in the warehouse."""
        warehouse, settings = self._warehouse, self._settings
        features = build_features(warehouse, settings.most_pairs, settings.seed)
        readers, posts = (
            rows_to_serve(warehouse, kind, features.schema) for kind in ("reader", "post")
        )
        self._built = Built(features, readers, posts, shards_for(len(readers.ids)))
        return self._built

    def fitter(self, features: Features) -> Fitter:
        """Fits with all cores."""
        return LocalFitter.of(features, self._settings.seed)

    def write_readers(self, store: ObjectStore, release: str) -> Iterable[FileEntry]:
        """Write them one after the other."""
        for path, data in reader_files(self._warehouse, self._built.readers, self._built.shards):
            yield add_file(store, release, path, data)
