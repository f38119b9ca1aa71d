"""From a source to clean tables in the warehouse."""

from datetime import datetime
from zoneinfo import ZoneInfo

from artifacts.manifest import Dropped
from train.progress import Progress
from train.settings import RunSettings
from train.source.checks import clean_tables
from train.source.read import read_source
from train.warehouse import Warehouse


def load(warehouse: Warehouse, settings: RunSettings, progress: Progress) -> tuple[Dropped, ...]:
    """Read the tables and check them; what was left out is returned.

    Raises:
        SourceError: they cannot be read, or cannot be trained from.
    """
    with progress.stage("reading the tables"):
        told = read_source(
            warehouse,
            settings.source,
            settings.names,
            settings.timezone,
            progress.rows,
            archive=settings.archive,
        )
        progress.note(told)
    with progress.stage("checking the tables"):
        now = datetime.now(ZoneInfo(settings.timezone)).replace(tzinfo=None)
        return clean_tables(warehouse, settings.names, settings.timezone, now)
