"""Rows as they come out of the table, in any order, into a file of each day."""

import shutil
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from train.archive.files import Files
from train.archive.fingerprint import Day, Fingerprint
from train.archive.index import KeptDay, KeptFile
from train.archive.leftovers import Keys
from train.errors import SourceError
from train.source.feed_copy import RowGroups
from train.source.feed_rows import ROW, ROW_GROUP, Rows

MOST_WAITING = 1_000_000
"""Rows in memory whose days are not complete: 50 MB. What is more waits in files."""
MOST_IN_FILE = 2_000_000
"""Rows of one file of the archive: about 20 MB, which are in memory while it is written."""

_AT_ONCE = 4
"""Files that are on their way to the store."""

_MICROSECONDS_OF_DAY = 86_400_000_000
_POSTGRES_EPOCH = np.datetime64("2000-01-01", "D")
_FIRST, _LAST = np.datetime64("0001-01-01", "D"), np.datetime64("9999-12-31", "D")
_NO_DAY = np.iinfo(np.int64).min


class DayWriter:
    """Takes the rows of certain days and writes each day as soon as it is complete.

    To be used as a context, whose end waits for what is on its way to the store.

    It is complete when as many rows have come as its fingerprint counts. So a table that lies in
    the order of time is written as it streams; of one in any other order, rows wait in a file a
    day, which is open only while rows are added to it.

    Args:
        files: where the days go.
        expected: the days, and what each of them has.
        folder: for the rows that wait; what is there, of a run that died, is removed.
    """

    def __init__(self, files: Files, expected: Mapping[Day, Fingerprint], folder: Path) -> None:
        self.rows = 0
        self._files, self._expected, self._folder = files, expected, folder
        self._keys = Keys()
        self._came: dict[Day, int] = dict.fromkeys(expected, 0)
        self._waiting: dict[Day, list[Rows]] = defaultdict(list)
        self._in_memory = 0
        self._written: dict[Day, list[Future[KeptFile]]] = {}
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._on_the_way = deque[Future[KeptFile]]()

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def take(self, rows: Rows) -> None:
        """Take the next rows, of any of the days.

        Raises:
            SourceError: a day has more rows than it is expected to have.
            StoreUnavailable: the store failed.
        """
        self.rows += len(rows)
        for day, of_day in _by_day(rows):
            self._came[day] = self._came.get(day, 0) + len(of_day)
            self._waiting[day].append(of_day)
            self._in_memory += len(of_day)
            if day not in self._expected or self._came[day] > self._expected[day].rows:
                raise self._miscounted(day)
            if self._came[day] == self._expected[day].rows:
                self._write(day)
        if self._in_memory > MOST_WAITING:
            self._spill()

    def finish(self) -> list[KeptDay]:
        """The days, all of them written.

        Raises:
            SourceError: a day has fewer rows than it is expected to have.
            StoreUnavailable: the store failed.
        """
        for day, expected in self._expected.items():
            if self._came[day] != expected.rows:
                raise self._miscounted(day)
        return [
            KeptDay(
                day=day,
                rows=self._expected[day].rows,
                checksum=self._expected[day].checksum,
                files=tuple(file.result() for file in files),
            )
            for day, files in self._written.items()
        ]

    def _miscounted(self, day: Day) -> SourceError:
        expected = self._expected[day].rows if day in self._expected else 0
        return SourceError(
            f"of the feed's day {day or 'without a time'} {self._came[day]} rows came, but "
            f"{expected} were counted: the database does not read as of one moment"
        )

    def _spill(self) -> None:
        for day, waiting in self._waiting.items():
            with self._spilled(day).open("ab") as file:
                file.writelines(rows.data for rows in waiting)
        self._waiting.clear()
        self._in_memory = 0

    def _spilled(self, day: Day) -> Path:
        return self._folder / f"{day or 'none'}.rows"

    def _write(self, day: Day) -> None:
        pieces = self._pieces(day)
        files = self._written[day] = []
        while made := _parquet(pieces):
            key = self._keys.of(day, self._expected[day], len(files))
            files.append(self._pool.submit(self._files.create, key, *made))
            self._on_the_way.append(files[-1])
            if len(self._on_the_way) > _AT_ONCE:
                self._on_the_way.popleft().result()
        self._spilled(day).unlink(missing_ok=True)

    def _pieces(self, day: Day) -> Iterator[Rows]:
        spilled = self._spilled(day)
        if spilled.exists():
            with spilled.open("rb") as file:
                while len(rows := np.fromfile(file, ROW, ROW_GROUP)):
                    yield rows
        waiting = self._waiting.pop(day, [])
        self._in_memory -= sum(map(len, waiting))
        yield from _joined(waiting)


def _parquet(pieces: Iterator[Rows]) -> tuple[bytes, int] | None:
    """A file of the next pieces, as many as go into one, and its rows; None if there is none."""
    target, count = pa.BufferOutputStream(), 0
    with RowGroups(target) as groups:
        for rows in pieces:
            groups.add(rows)
            count += len(rows)
            if count >= MOST_IN_FILE:
                break
    return (target.getvalue().to_pybytes(), count) if count else None


def _joined(pieces: list[Rows]) -> Iterator[Rows]:
    """Arrays of about ROW_GROUP rows, made of many small ones; `pieces` is emptied meanwhile."""
    pieces.reverse()
    while pieces:
        joined, count = [], 0
        while pieces and count < ROW_GROUP:
            joined.append(pieces.pop())
            count += len(joined[-1])
        yield np.concatenate(joined)


def _by_day(rows: Rows) -> Iterator[tuple[Day, Rows]]:
    """The rows of each day among them; none of a few rows holds on to the memory of all."""
    days = _days(rows["timestamp"])
    first = int(days[0])
    if (days == first).all():
        yield _day(first), rows
        return
    order = np.argsort(days, kind="stable")
    days = days[order]
    bounds = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
    for start, end in pairwise(bounds):
        yield _day(int(days[start])), rows[order[start:end]]


def _days(times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Days since 1970, or _NO_DAY, of PostgreSQL's times on the wire."""
    epoch = int(_POSTGRES_EPOCH.astype(np.int64))
    days = times.astype(np.int64) // _MICROSECONDS_OF_DAY + epoch
    outside = (days < _FIRST.astype(np.int64)) | (days > _LAST.astype(np.int64))
    return np.where(outside, _NO_DAY, days)


def _day(number: int) -> Day:
    return None if number == _NO_DAY else np.datetime64(number, "D").item()
