"""The parts of the feed that workers count: whole days, about as many rows each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from artifacts.stores import open_store
from train.errors import ClusterError
from train.warehouse import Warehouse, literals


@dataclass(frozen=True)
class FeedDay:
    """A day of the feed, or the rows without a time.

    Attributes:
        day: None of the latter.
        rows: how many.
        files: Parquet with all of them, and perhaps with others; paths, or keys of an archive.
    """

    day: date | None
    rows: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class FeedPart:
    """Some days of the feed.

    Attributes:
        files: Parquet, which all workers can read.
        rows: how many have a time.
        since: the first day, or None: it may be any, and rows without a time are among them.
        until: the day after the last one, or None: it may be any.
        archive: the address of the archive that has the files, if one has them.
    """

    files: tuple[str, ...]
    rows: int
    since: date | None
    until: date | None
    archive: str | None = None

    def open(self, warehouse: Warehouse, timezone: str) -> None:
        """Make the view `raw_feed_data` of it."""
        warehouse.set(timezone=timezone)
        paths = self._fetched(warehouse.folder) if self.archive else self.files
        rows = f"FROM read_parquet([{literals(paths)}])"
        types = {name: kind for name, kind, *_ in warehouse.query(f"DESCRIBE {rows}")}
        # A bare column lets DuckDB pass over row groups by their least and greatest times.
        bare = types["timestamp"] == "TIMESTAMP"
        moment = '"timestamp"' if bare else 'network_time("timestamp")'
        chosen = "TRUE"
        if self.since:
            chosen = f"{moment} >= TIMESTAMP '{self.since}'"
        if self.until:
            chosen += f" AND ({moment} < TIMESTAMP '{self.until}'"
            chosen += ")" if self.since else f" OR {moment} IS NULL)"
        warehouse.query(f"CREATE VIEW raw_feed_data AS {rows} WHERE {chosen}")

    def _fetched(self, folder: Path) -> list[str]:
        store = open_store(self.archive or "")
        paths = []
        for number, key in enumerate(self.files):
            path = folder / f"{number}.parquet"
            path.write_bytes(store.read(key).data)
            paths.append(str(path))
        return paths


def parts_of(days: Sequence[FeedDay], most: int, archive: str | None = None) -> Iterator[FeedPart]:
    """Cut the days into at most so many parts of about as many rows.

    Args:
        days: of the whole feed, by day; the rows without a time first.
        most: how many parts, at least 1.
        archive: the address of the archive whose keys the files are, if they are.
    """
    total = sum(day.rows for day in days if day.day)
    parts: list[list[FeedDay]] = [[]]
    seen = 0
    for day in days:
        has_days = parts[-1] and parts[-1][-1].day
        if has_days and len(parts) < most and seen * most >= total * len(parts):
            parts.append([])
        parts[-1].append(day)
        seen += day.rows if day.day else 0
    begins = [None, *(part[0].day for part in parts[1:]), None]
    for part, (since, until) in zip(parts, pairwise(begins), strict=True):
        files = dict.fromkeys(file for day in part for file in day.files)
        rows = sum(day.rows for day in part if day.day)
        yield FeedPart(tuple(files), rows, since, until, archive)


def days_of_feed(warehouse: Warehouse, timezone: str, archive: str | None) -> list[FeedDay]:
    """The days of `raw_feed_data`, in order, those rows first that have no time.

    Args:
        warehouse: has `feed_days` of an archive, else `feed_files`.
        timezone: the network's clock.
        archive: the archive's address; of one that is no folder the files are told by their keys.

    Raises:
        ClusterError: it is not Parquet.
    """
    if archive:
        copies = warehouse.folder / "archive"
        return [
            FeedDay(day, rows, tuple(_key(path, copies) for path in paths))
            for day, rows, paths in warehouse.query(
                "SELECT day, sum(rows)::BIGINT, list(path ORDER BY path) FROM feed_days "
                "GROUP BY day ORDER BY day NULLS FIRST"
            )
        ]
    files = tuple(str(path) for (path,) in warehouse.query("SELECT path FROM feed_files"))
    if not all(file.endswith(".parquet") for file in files):
        raise ClusterError(
            "the feed is not Parquet: workers read parts of it, which other files do not have"
        )
    warehouse.set(timezone=timezone)
    return [
        FeedDay(day, rows, files)
        for day, rows in warehouse.query(
            'SELECT network_time("timestamp")::DATE AS day, count(*) FROM raw_feed_data '
            "GROUP BY day ORDER BY day NULLS FIRST"
        )
    ]


def _key(path: str, copies: Path) -> str:
    return Path(path).relative_to(copies).as_posix() if Path(path).is_relative_to(copies) else path
