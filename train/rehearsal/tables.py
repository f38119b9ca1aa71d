"""The tables of a dry run: read and checked as by a run, in a folder that is gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from artifacts.manifest import DataFacts
from train.facts import data_facts
from train.progress import Progress
from train.recipe import tables_digest
from train.settings import RunSettings
from train.source.checks import clean_tables
from train.source.load import network_now
from train.source.read import read_source
from train.stages import tell_scripts, tell_tables
from train.warehouse import Warehouse


@dataclass(frozen=True)
class Looked:
    """The tables.

    Attributes:
        warehouse: has them, clean.
        data: what there is of them.
        digest: of the clean tables.
        told: of the days of an archive, in words.
    """

    warehouse: Warehouse
    data: DataFacts
    digest: str
    told: str

    def checks(self) -> dict[str, str]:
        """What was found."""
        data = self.data
        found = {
            "source": f"{data.source} can be read",
            "tables": (
                f"{data.readers:,} readers, {data.posts:,} posts, {data.views:,} views and "
                f"{data.likes:,} likes, {data.since} to {data.until}"
            ),
        }
        if data.dropped:
            found["dropped"] = "; ".join(
                f"{entry.rows:,} rows of {entry.table} ({entry.reason})" for entry in data.dropped
            )
        return found | ({"archive": self.told} if self.told else {})


@contextmanager
def look_at_tables(settings: RunSettings, progress: Progress) -> Iterator[Looked]:
    """Read and check the tables; they are there as long as the block lasts.

    Raises:
        SourceError: they cannot be read, or cannot be trained from.
        ArtifactError: the archive's store failed.
    """
    with (
        tempfile.TemporaryDirectory("-lenta") as folder,
        closing(
            Warehouse(Path(folder), settings.memory, timed=tell_scripts(progress))
        ) as warehouse,
    ):
        with progress.stage("reading the tables"):
            told = read_source(
                warehouse, settings.source, settings.names, settings.timezone, progress.rows,
                archive=settings.archive, keep=False,
            )  # fmt: skip
            progress.note(told)
        with progress.stage("checking the tables"):
            dropped = clean_tables(
                warehouse, settings.names, settings.timezone, network_now(settings.timezone)
            )
            digest = tables_digest(warehouse)
        data = data_facts(warehouse, settings.source_without_secrets, dropped, digest)
        tell_tables(progress, data)
        yield Looked(warehouse, data, digest, told)
