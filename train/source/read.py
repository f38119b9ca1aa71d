"""One way in for every kind of source."""

from pathlib import Path

from artifacts.stores import open_store
from train.errors import SourceError
from train.source.folder import read_folder
from train.source.postgres import RowsRead, read_postgres
from train.source.tables import TableNames
from train.warehouse import Warehouse


def read_source(
    warehouse: Warehouse,
    source: str,
    names: TableNames,
    timezone: str,
    progress: RowsRead,
    *,
    archive: str | None = None,
    keep: bool = True,
) -> str:
    """Make the views `raw_user_data`, `raw_post_text_df` and `raw_feed_data` in the warehouse.

    With an archive there is also the table `feed_days`, of the files of the days: see
    `train.archive.extract`.

    Args:
        warehouse: takes the views.
        source: `postgresql://…` or a folder.
        names: how the source calls its tables.
        timezone: the network's clock; times with a zone are turned to it.
        progress: told how many rows of the feed have been read.
        archive: where days of a database's feed are kept, `s3://bucket/prefix` or a folder.
        keep: whether the archive takes what is new; without it there is no `feed_days`.

    Returns:
        What is worth telling of it, if anything.

    Raises:
        SourceError: something is missing, unreadable, or not of its type.
        ArtifactError: the archive's store failed.
    """
    warehouse.query("DROP TABLE IF EXISTS feed_days")  # of an earlier run in the same folder
    if source.startswith(("postgresql://", "postgres://")):
        kept = open_store(archive) if archive else None
        return read_postgres(warehouse, source, names, timezone, progress, archive=kept, keep=keep)
    if "://" in source:
        raise SourceError(
            f"the source {source.partition('://')[0]}://… is neither postgresql:// nor a folder"
        )
    if archive:
        raise SourceError(
            "an archive keeps the feed of a database; the source is a folder, whose files are "
            "there already: leave --archive out"
        )
    read_folder(warehouse, Path(source), names)
    return ""
