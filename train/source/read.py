"""One way in for every kind of source."""

from pathlib import Path

from train.errors import SourceError
from train.source.folder import read_folder
from train.source.postgres import RowsRead, read_postgres
from train.source.tables import TableNames
from train.warehouse import Warehouse


def read_source(
    warehouse: Warehouse, source: str, names: TableNames, timezone: str, progress: RowsRead
) -> None:
    """Make the views `raw_user_data`, `raw_post_text_df` and `raw_feed_data` in the warehouse.

    Args:
        warehouse: takes the views.
        source: `postgresql://…` or a folder.
        names: how the source calls its tables.
        timezone: the network's clock; times with a zone are turned to it.
        progress: told how many rows of the feed have been read.

    Raises:
        SourceError: something is missing, unreadable, or not of its type.
    """
    if source.startswith(("postgresql://", "postgres://")):
        read_postgres(warehouse, source, names, timezone, progress)
    elif "://" in source:
        raise SourceError(
            f"the source {source.partition('://')[0]}://… is neither postgresql:// nor a folder"
        )
    else:
        read_folder(warehouse, Path(source), names)
