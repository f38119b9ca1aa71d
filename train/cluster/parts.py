"""The parts of the feed that workers count: whole days, about as many rows each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from train.errors import ClusterError
from train.warehouse import Warehouse


@dataclass(frozen=True)
class FeedPart:
    """Some days of the feed.

    Attributes:
        files: Parquet, which all workers can read.
        since: the first day, or None: it may be any, and rows without a time are among them.
        until: the day after the last one, or None: it may be any.
        rows: how many have a time.
    """

    files: tuple[str, ...]
    rows: int
    since: date | None
    until: date | None

    def open(self, warehouse: Warehouse, timezone: str) -> None:
        """Make the view `raw_feed_data` of it."""
        warehouse.set(timezone=timezone)
        moment = 'network_time("timestamp")'
        chosen = "TRUE"
        if self.since:
            chosen = f"{moment} >= TIMESTAMP '{self.since}'"
        if self.until:
            chosen += f" AND ({moment} < TIMESTAMP '{self.until}'"
            chosen += ")" if self.since else f" OR {moment} IS NULL)"
        files = ", ".join("'" + file.replace("'", "''") + "'" for file in self.files)
        warehouse.query(f"CREATE VIEW raw_feed_data AS FROM read_parquet([{files}]) WHERE {chosen}")


def parts_of(
    rows: Sequence[tuple[date, int]], files: tuple[str, ...], most: int
) -> Iterator[FeedPart]:
    """Cut the days into at most so many parts of about as many rows.

    Args:
        rows: of each day, ascending.
        files: of the whole feed.
        most: how many parts, at least 1.
    """
    total = sum(count for _, count in rows)
    begins: list[date | None] = [None]
    sizes = [0]
    for day, count in rows:
        if sizes[-1] and len(sizes) < most and sum(sizes) * most >= total * len(sizes):
            begins.append(day)
            sizes.append(0)
        sizes[-1] += count
    for (since, until), size in zip(pairwise([*begins, None]), sizes, strict=True):
        yield FeedPart(files, size, since, until)


def rows_of_days(
    warehouse: Warehouse, timezone: str
) -> tuple[list[tuple[date, int]], tuple[str, ...]]:
    """The rows of each day of `raw_feed_data`, ascending, and the files it is of.

    Args:
        warehouse: has `feed_files` too.
        timezone: the network's clock.

    Raises:
        ClusterError: it is not Parquet.
    """
    warehouse.set(timezone=timezone)
    days = warehouse.query(
        'SELECT network_time("timestamp")::DATE AS day, count(*) FROM raw_feed_data '
        "WHERE day IS NOT NULL GROUP BY day ORDER BY day"
    )
    files = tuple(str(path) for (path,) in warehouse.query("SELECT path FROM feed_files"))
    if not all(file.endswith(".parquet") for file in files):
        raise ClusterError(
            "the feed is not Parquet: workers read parts of it, which other files do not have"
        )
    return days, files
