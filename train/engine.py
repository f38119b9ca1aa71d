"""Where the heavy work of a run is done: on one machine, unless a cluster is named."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from artifacts.layout import shards_for
from artifacts.manifest import Dropped, FileEntry
from artifacts.publish import add_file
from artifacts.stores import ObjectStore
from train.checkpoint import Checkpoint
from train.export.tables import reader_files
from train.features.build import (
    make_counted_rows,
    make_features,
    most_of_sample,
    read_features,
    sample_of,
)
from train.features.encoders import Encoders, fit_encoders
from train.features.rows import FeatureRows, Features, rows_to_serve
from train.learn import Learned, LocalFitter, learn
from train.progress import Progress
from train.recipe import tables_digest
from train.settings import RunSettings
from train.source.load import load
from train.split import Split
from train.statistics.load import count_archived, read_archived
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

    def learn(self, features: Features, split: Split) -> Learned:
        """Fit the models to these features, which are those that were built.

        Raises:
            TrainError: as `train.learn.learn`.
        """
        ...

    def write_readers(self, store: ObjectStore, release: str) -> Iterable[FileEntry]:
        """Write the shards of readers into a release."""
        ...


class OneMachine:
    """All of it in this process; what a run that died has finished is not done again.

    Args:
        warehouse: the run's own.
        settings: the run's.
        checkpoint: what is finished, in the warehouse's folder.
    """

    def __init__(self, warehouse: Warehouse, settings: RunSettings, checkpoint: Checkpoint) -> None:
        self._warehouse, self._settings = warehouse, settings
        self._checkpoint = checkpoint

    def load(self, progress: Progress) -> tuple[tuple[Dropped, ...], str]:
        """Read and check the tables."""
        kept = self._checkpoint.get("tables")
        if kept is None:
            dropped = load(self._warehouse, self._settings, progress)
            self._finished("tables", [entry.model_dump() for entry in dropped])
        else:
            dropped = tuple(Dropped(**entry) for entry in kept)
        return dropped, tables_digest(self._warehouse)

    def build(self) -> Built:
        """Make the features in the warehouse."""
        warehouse, settings = self._warehouse, self._settings
        if self._checkpoint.get("features") is None:
            self._make_features()
            self._finished("features", "made")
        features = read_features(warehouse, self._encoders, settings.most_pairs)
        readers, posts = (
            rows_to_serve(warehouse, kind, features.schema) for kind in ("reader", "post")
        )
        self._built = Built(features, readers, posts, shards_for(len(readers.ids)))
        return self._built

    @cached_property
    def _encoders(self) -> Encoders:
        return fit_encoders(self._warehouse, self._settings.seed)

    def _make_features(self) -> None:
        make_features(self._warehouse, self._encoders, self._settings.most_pairs)

    def learn(self, features: Features, split: Split) -> Learned:
        """Fit with all cores."""
        kept = self._checkpoint.get("models")
        if kept is not None:
            return Learned.parse(kept)
        seed = self._settings.seed
        learned = learn(features, split, LocalFitter.of(features, seed), seed)
        self._finished("models", learned.to_json())
        return learned

    def _finished(self, stage: str, said: object) -> None:
        self._warehouse.query("CHECKPOINT")
        self._checkpoint.keep(stage, said)

    def write_readers(self, store: ObjectStore, release: str) -> Iterable[FileEntry]:
        """Write them one after the other."""
        for path, data in reader_files(self._warehouse, self._built.readers, self._built.shards):
            yield add_file(store, release, path, data)


class ArchivedMachine(OneMachine):
    """The same, where an archive has the days: those that were counted before stay counted."""

    def load(self, progress: Progress) -> tuple[tuple[Dropped, ...], str]:
        """Read and check the tables, and count the days."""
        warehouse, settings = self._warehouse, self._settings
        kept = self._checkpoint.get("tables")
        if kept is not None:
            told, digest = kept
            return tuple(Dropped(**entry) for entry in told), digest
        read_archived(warehouse, settings, progress)
        sample = most_of_sample(warehouse, settings.most_pairs)
        dropped, digest = count_archived(warehouse, settings, self._encoders, sample, progress)
        self._finished("tables", [[entry.model_dump() for entry in dropped], digest])
        return dropped, digest

    def _make_features(self) -> None:
        warehouse, settings = self._warehouse, self._settings
        sample = sample_of(warehouse, settings.most_pairs)
        make_counted_rows(warehouse, self._encoders, sample)
        warehouse.run("pairs")
