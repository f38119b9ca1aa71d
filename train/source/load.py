"""From a source to clean tables in the warehouse."""

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from artifacts.manifest import Dropped
from train.progress import Progress
from train.settings import RunSettings
from train.source.checks import clean_tables
from train.source.read import read_source
from train.source.tables import TableNames
from train.warehouse import Warehouse


class Source(Protocol):
    """What settings tell of a source."""

    @property
    def source(self) -> str:
        """`postgresql://…` or a folder."""
        ...

    @property
    def names(self) -> TableNames:
        """How the source calls its tables."""
        ...

    @property
    def timezone(self) -> str:
        """The network's clock."""
        ...

    @property
    def archive(self) -> str | None:
        """Where days of a database's feed are kept, if anywhere."""
        ...


def load(warehouse: Warehouse, settings: RunSettings, progress: Progress) -> tuple[Dropped, ...]:
    """Read the tables and check them; what was left out is returned.

    Raises:
        SourceError: they cannot be read, or cannot be trained from.
    """
    with progress.stage("reading the tables"):
        read_tables(warehouse, settings, progress)
    with progress.stage("checking the tables"):
        return clean_tables(
            warehouse, settings.names, settings.timezone, network_now(settings.timezone)
        )


def read_tables(warehouse: Warehouse, settings: Source, progress: Progress) -> None:
    """Make the raw views of the source's tables.

    Raises:
        SourceError: as `read_source`.
        ArtifactError: the archive's store failed.
    """
    told = read_source(
        warehouse,
        settings.source,
        settings.names,
        settings.timezone,
        progress.rows,
        archive=settings.archive,
    )
    progress.note(told)


def network_now(timezone: str) -> datetime:
    """This moment by the network's own clock, which has no zone."""
    return datetime.now(ZoneInfo(timezone)).replace(tzinfo=None)
