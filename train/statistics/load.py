"""From an archive to clean tables and counted days in the warehouse."""

import hashlib
import json
from importlib.resources import files

import duckdb

from artifacts.manifest import Dropped
from artifacts.stores import open_store
from train.features.encoders import Encoders
from train.features.steps import store_encoded
from train.progress import Progress
from train.recipe import features_digest, table_digest, tables_digest_of
from train.settings import RunSettings
from train.source.checks import EARLIEST, check_clean, clean_profiles
from train.source.load import network_now, read_tables
from train.statistics.days import count_archived_days
from train.statistics.kept import Kept
from train.warehouse import Warehouse

_SCRIPTS = ("strangers", "known", "day_facts")


def read_archived(warehouse: Warehouse, settings: RunSettings, progress: Progress) -> None:
    """Bring the archive up to the source, and clean the readers and the posts.

    Raises:
        SourceError: they cannot be read, or cannot be trained from.
        ArtifactError: the archive's store failed.
    """
    with progress.stage("reading the tables"):
        read_tables(warehouse, settings, progress)
        clean_profiles(warehouse, settings.names)


def count_archived(
    warehouse: Warehouse,
    settings: RunSettings,
    encoders: Encoders,
    sample: float,
    progress: Progress,
) -> tuple[tuple[Dropped, ...], str]:
    """Count the days of the archive's feed, as far as no earlier run has.

    Args:
        warehouse: as `read_archived` has left it.
        settings: of the run; there is an archive.
        encoders: make post vectors of the posts.
        sample: at least the share of readers who will be learned from.
        progress: told the stage.

    Returns:
        What was dropped of all tables, and the digest of what is left.

    Raises:
        SourceError: the tables cannot be trained from.
        ArtifactError: the archive's store failed.
    """
    with progress.stage("checking the tables and counting the days"):
        store_encoded(warehouse, encoders)
        kept = Kept(
            open_store(settings.archive or ""),
            warehouse.folder / "counted",
            way_of(encoders, settings.timezone),
        )
        now = network_now(settings.timezone)
        counted = count_archived_days(warehouse, kept, settings.timezone, now, sample)
        progress.note(counted.note)
        dropped = check_clean(warehouse, settings.names)
    digests = {table: table_digest(warehouse, table) for table in ("readers", "posts")}
    return dropped, tables_digest_of({**digests, "feed": counted.digest})


def way_of(encoders: Encoders, timezone: str) -> str:
    """The hex sha256 of all that decides a day's numbers besides the tables."""
    text = encoders.text
    numbers = (text.weights, text.directions, text.mean)
    told = [
        features_digest(),
        duckdb.__version__,
        timezone,
        str(EARLIEST),
        encoders.topics,
        text.words,
        [hashlib.sha256(part.tobytes()).hexdigest() for part in numbers],
        [files("train.sql").joinpath(f"{script}.sql").read_text() for script in _SCRIPTS],
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
