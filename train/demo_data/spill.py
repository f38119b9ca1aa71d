"""Rows kept on disk day by day, until every cohort has given its own."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class DaySpill:
    """A file for each day in a folder of one's own.

    Cohorts come one after the other and each spans all days, while the feed is written in the order
    of time; 8 bytes a row wait here in between.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, day: int, rows: NDArray[np.uint64]) -> None:
        """Appends packed rows of a day."""
        with self._path(day).open("ab") as file:
            rows.tofile(file)

    def take(self, day: int) -> NDArray[np.uint64]:
        """Removes and returns a day's rows in the order of time, uint64 [rows]."""
        path = self._path(day)
        if not path.exists():
            return np.empty(0, np.uint64)
        rows = np.fromfile(path, np.uint64)
        path.unlink()
        rows.sort()
        return rows

    def _path(self, day: int) -> Path:
        return self._folder / f"{day:05}"
