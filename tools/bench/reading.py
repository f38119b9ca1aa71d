"""Reading the feed out of PostgreSQL: ours, and what everyone does.

Each reading is a process of its own, so that its peak memory is its own; they take turns.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bench.table import FOLDER, Measured
from tools.postgres import private_postgres
from train import demo_data

_READERS = 11_500  # about five million rows
_ROUNDS = 5
_CHUNK = 200_000


def measure() -> Measured:
    """Rows a second and peak memory of each way, medians of `_ROUNDS` rounds."""
    with database() as url:
        found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in _WAYS}
        for _ in range(_ROUNDS):
            for way, results in found.items():
                results.append(_in_process(way, url))
    medians = {
        way: [statistics.median(column) for column in zip(*results, strict=True)]
        for way, results in found.items()
    }
    count, seconds, memory = next(iter(medians.values()))
    return Measured(
        "reading",
        f"Reading {count:,.0f} rows of feed_data from PostgreSQL; median of {_ROUNDS} in turn",
        ("way", "seconds", "rows a second", "peak memory, MB", "ours is faster", "ours takes"),
        tuple(
            (
                way,
                taken,
                f"{rows / taken:,.0f}",
                peak,
                f"{taken / seconds:.1f} x",
                f"{memory / peak:.2f} of it",
            )
            for way, (rows, taken, peak) in medians.items()
        ),
    )


@contextmanager
def database() -> Iterator[str]:
    """A server with demo data, which is made once."""
    with private_postgres(FOLDER / "postgres") as url:
        marker = FOLDER / "postgres" / "loaded"
        if not marker.exists():
            demo_data.write(url, users=_READERS, posts=7_023, days=90, seed=1)
            marker.touch()
        yield url


def _in_process(way: str, url: str) -> tuple[float, float, float]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tools.bench.reading", way, url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows, seconds, megabytes = map(float, done.stdout.split())
    return rows, seconds, megabytes


def _copy(url: str) -> int:
    import psycopg2  # noqa: PLC0415 - each way's libraries only in its own process
    from psycopg2 import sql  # noqa: PLC0415

    from train.source.feed_copy import copy_feed  # noqa: PLC0415

    rows = 0

    def count(done: int) -> None:
        nonlocal rows
        rows = done

    connection = psycopg2.connect(url)
    with tempfile.TemporaryDirectory() as folder, connection.cursor() as session:
        copy_feed(session, sql.Identifier("public", "feed_data"), Path(folder) / "feed", count)
    connection.close()
    return rows


def _read_sql(url: str, *, stream_results: bool = False) -> int:
    import pandas as pd  # noqa: PLC0415 - each way's libraries only in its own process
    import sqlalchemy  # noqa: PLC0415

    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.connect().execution_options(stream_results=stream_results) as connection:
        chunks = pd.read_sql("SELECT * FROM feed_data", connection, chunksize=_CHUNK)
        return len(pd.concat(chunks, ignore_index=True))


def peak_megabytes() -> float:
    """Of this process, so far."""
    # Not getrusage: it counts what the process that started this one held at that moment.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


_WAYS: dict[str, Callable[[str], int]] = {
    "ours: binary COPY to Parquet": _copy,
    "pandas.read_sql, stream_results": lambda url: _read_sql(url, stream_results=True),
    "pandas.read_sql": _read_sql,
}

if __name__ == "__main__":
    began = time.perf_counter()
    counted = _WAYS[sys.argv[1]](sys.argv[2])
    taken = time.perf_counter() - began
    print(counted, taken, peak_megabytes())
