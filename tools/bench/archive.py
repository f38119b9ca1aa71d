"""Reading the feed with an archive of its days: all of it, nothing new, a day more.

Each reading is a process of its own, so that its peak memory is its own; they take turns.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2

from tools.bench.reading import database, peak_megabytes
from tools.bench.table import FOLDER, Measured

_ROUNDS = 5
_NOTHING = "-"
_GROWS = "CREATE OR REPLACE VIEW feed_grows AS SELECT * FROM feed_ordered"
_LAST_DAY = "(SELECT max(timestamp)::date FROM feed_ordered)"


def measure() -> Measured:
    """Seconds and peak memory of each reading, medians of `_ROUNDS` rounds."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    with database() as url:
        _prepare(url)
        for _ in range(_ROUNDS):
            for way, result in _round(url):
                found.setdefault(way, []).append(result)
    medians = {
        way: [statistics.median(column) for column in zip(*results, strict=True)]
        for way, results in found.items()
    }
    return Measured(
        "archive",
        f"Reading feed_data with an archive of its days; median of {_ROUNDS} in turn",
        ("reading", "rows out of the table", "seconds", "peak memory, MB"),
        tuple((way, f"{rows:,.0f}", taken, peak) for way, (rows, taken, peak) in medians.items()),
    )


def _round(url: str) -> Iterator[tuple[str, tuple[float, float, float]]]:
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        whole, grows, shuffled = (f"{folder}/{name}" for name in ("whole", "grows", "shuffled"))
        yield "all, without an archive", _in_process(url, "feed_ordered", _NOTHING)
        yield "all, into an archive", _in_process(url, "feed_ordered", whole)
        yield "nothing new", _in_process(url, "feed_ordered", whole)
        _execute(url, f"{_GROWS} WHERE timestamp < {_LAST_DAY}")
        _in_process(url, "feed_grows", grows)
        _execute(url, _GROWS)
        yield "a day more", _in_process(url, "feed_grows", grows)
        yield "all, without, of rows in no order", _in_process(url, "feed_shuffled", _NOTHING)
        yield "all, into one, of rows in no order", _in_process(url, "feed_shuffled", shuffled)


def _prepare(url: str) -> None:
    """The feed in the order of time, as a network has it, and in none."""
    _execute(
        url,
        "CREATE TABLE IF NOT EXISTS feed_ordered AS SELECT * FROM feed_data ORDER BY timestamp",
        "CREATE TABLE IF NOT EXISTS feed_shuffled AS SELECT * FROM feed_data ORDER BY random()",
        "VACUUM ANALYZE feed_ordered, feed_shuffled",
    )


def _execute(url: str, *statements: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def _in_process(url: str, table: str, archive: str) -> tuple[float, float, float]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tools.bench.archive", url, table, archive],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows, seconds, megabytes = map(float, done.stdout.split())
    return rows, seconds, megabytes


def _read(url: str, table: str, archive: str) -> int:
    from train.source.read import read_source  # noqa: PLC0415 - only in its own process
    from train.source.tables import TableNames  # noqa: PLC0415 - the same
    from train.warehouse import Warehouse  # noqa: PLC0415 - the same

    rows = 0

    def count(done: int, _expected: int | None) -> None:
        nonlocal rows
        rows = done

    work = Path(tempfile.mkdtemp(dir=FOLDER))
    with closing(Warehouse(work)) as warehouse:
        kept = None if archive == _NOTHING else archive
        read_source(warehouse, url, TableNames(feed_data=table), "UTC", count, archive=kept)
    shutil.rmtree(work)
    return rows


if __name__ == "__main__":
    began = time.perf_counter()
    counted = _read(*sys.argv[1:])
    taken = time.perf_counter() - began
    print(counted, taken, peak_megabytes())
