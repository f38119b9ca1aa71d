"""`make bench-scale`: the whole network on one machine, growth, pandas, and two workers.

Each run is a process of its own, watched from here: its peak memory is the most that it and its
children had at a time, without PostgreSQL.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import psutil
import psycopg2

from artifacts.channel import read_channel
from artifacts.moves import promote
from artifacts.release import manifests
from artifacts.stores import open_store
from tools.bench.table import FOLDER, Measured, report
from tools.postgres import private_postgres
from train import demo_data
from train.cli import NOT_SERVED, OK

_FEATURES = ("checking", "making features")
"""The stages' beginnings: where days are counted while they are checked, one says so."""
_WATCHED_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        readers: of the network.
        posts: of the network.
        days: of its feed; the last one comes later.
        part: of the readers, for what is compared at a smaller size.
        rounds: in which ways take turns.
    """

    readers: int = 163_205
    posts: int = 7_023
    days: int = 98
    part: float = 0.1
    rounds: int = 3


@dataclass(frozen=True)
class Ran:
    """A process that has ended: how long it took, and its peak memory in bytes."""

    seconds: float
    memory: int


def network_run(folder: Path, size: Size) -> Measured:
    """PostgreSQL to a published release; a day later again; and a refresh instead."""
    with private_postgres(folder / "postgres") as url:
        rows, first = _first_run(folder, url, size)
        stages = _stages(folder / "store")
        shutil.copytree(folder / "store", folder / "refreshed")
        shutil.copytree(folder / "archive", folder / "archive-refreshed")
        _let_last_day_come(url)
        second = _train(_told("run", url, folder / "store", folder / "archive"))
        again = _stages(folder / "store")
        refreshed = _train(
            _told("refresh", url, folder / "refreshed", folder / "archive-refreshed")
        )
        newer = _stages(folder / "refreshed")
    titles = list(dict.fromkeys([*stages, *again, *newer]))
    table = [(title, *(each.get(title, "") for each in (stages, again, newer))) for title in titles]
    runs = (first, second, refreshed)
    return Measured(
        "scale-network",
        f"{rows:,} rows in PostgreSQL to a published release, s; then one more day",
        ("stage", "first run", "second run", "refresh instead"),
        (
            *table,
            ("all, with start and end", *(run.seconds for run in runs)),
            ("of the first", *(f"{run.seconds / first.seconds:.2f}" for run in runs)),
            ("peak memory, MB", *(f"{run.memory / 1e6:,.0f}" for run in runs)),
        ),
    )


def growth(folder: Path, size: Size) -> Measured:
    """Features of a tenth of the readers, and of all, as the network's first run had them."""
    with private_postgres(folder / "postgres") as url:
        _first_run(folder, url, replace(size, readers=int(size.readers * size.part)))
    table: list[tuple[int, list[float]]] = []
    for run in (folder, folder.parent / network_run.__name__):
        *_, oldest = manifests(open_store(str(run / "store")))
        seconds = {stage.name: stage.seconds for stage in oldest.stages}
        table.append((oldest.data.views, [_seconds(seconds, stage) for stage in _FEATURES]))
    least = sum(table[0][1])
    return Measured(
        "scale-growth",
        "Features as the feed grows, s",
        ("views", "checking and counting", "making features", "both", "times"),
        tuple(
            (f"{views:,}", *taken, sum(taken), f"{sum(taken) / least:.1f}")
            for views, taken in table
        ),
    )


def against_pandas(folder: Path, size: Size) -> Measured:
    """The same features by DuckDB and by pandas, in turn, medians."""
    source, rows = _files(folder / "a tenth", size, size.part)
    ways: dict[str, list[Ran]] = {"DuckDB": [], "pandas": []}
    for _ in range(size.rounds):
        for way, ran in ways.items():
            ran.append(_watch([sys.executable, "-m", "tools.bench.features", way, str(source)]))
    medians = {
        way: Ran(
            statistics.median(one.seconds for one in ran),
            int(statistics.median(one.memory for one in ran)),
        )
        for way, ran in ways.items()
    }
    ours, theirs = medians["DuckDB"], medians["pandas"]
    return Measured(
        "scale-pandas",
        f"The same features of {rows:,} rows of feed, from Parquet; median of {size.rounds}",
        ("way", "seconds", "peak memory, MB"),
        (
            *((way, ran.seconds, f"{ran.memory / 1e6:,.0f}") for way, ran in medians.items()),
            (
                "ours of theirs",
                f"{ours.seconds / theirs.seconds:.2f}",
                f"{ours.memory / theirs.memory:.2f}",
            ),
        ),
    )


def two_workers(folder: Path, size: Size) -> Measured:
    """Features and fit by one core, and by two workers of one core, in turn, medians."""
    source, rows = _files(folder / "a tenth", size, size.part)
    core = str(min(os.sched_getaffinity(0)))
    ways = {
        "one core": (["taskset", "-c", core], []),
        "two workers": ([], ["--cluster", "local:2"]),
    }
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _ in range(size.rounds):
        for way, (before, after) in ways.items():
            store = folder / f"store of {way}"
            shutil.rmtree(store, ignore_errors=True)
            _train(["run", "--source", str(source), "--store", str(store), *after], before)
            found[way].append(_stages(store))
    table = {
        way: [
            statistics.median(
                sum(s for name, s in one.items() if name.startswith(kind)) for one in runs
            )
            for kind in ("checking", "making features", "fitting")
        ]
        for way, runs in found.items()
    }
    alone, together = (sum(table[way]) for way in ways)
    return Measured(
        "scale-workers",
        f"Features and fit of {rows:,} rows of feed, s; median of {size.rounds} in turn",
        ("way", "checking and counting", "features", "fitting and measuring", "all"),
        (
            *((way, *parts, sum(parts)) for way, parts in table.items()),
            ("of one core", "", "", "", f"{together / alone:.2f}"),
        ),
    )


PARTS = (network_run, growth, against_pandas, two_workers)
"""In order: what grows is compared with the network's run."""


def measure(folder: Path, size: Size) -> None:
    """All of it, each table as soon as it is there."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in PARTS:
        report(part(folder / part.__name__, size))


def _first_run(folder: Path, url: str, size: Size) -> tuple[int, Ran]:
    """Fill the database but for its last day, and train; the rows there were, and the run."""
    rows = _fill(url, size) - _hold_back_last_day(url)
    ran = _train(_told("run", url, folder / "store", folder / "archive"))
    store = open_store(str(folder / "store"))
    if read_channel(store) is None:  # of few readers: then there would be nothing to refresh
        promote(store, next(manifests(store)).release, force="to be measured")
    return rows, ran


def _told(command: str, url: str, store: Path, archive: Path) -> list[str]:
    return [command, "--source", url, "--store", str(store), "--archive", str(archive)]


def _fill(url: str, size: Size) -> int:
    made = demo_data.write(url, users=size.readers, posts=size.posts, days=size.days, seed=1)
    return made.feed_data


def _hold_back_last_day(url: str) -> int:
    """Rows of the last day, which are elsewhere now."""
    return _execute(
        url,
        "CREATE TABLE held_back AS SELECT * FROM feed_data "
        "WHERE timestamp >= (SELECT max(timestamp)::date FROM feed_data)",
        "DELETE FROM feed_data WHERE timestamp >= (SELECT min(timestamp) FROM held_back)",
    )


def _let_last_day_come(url: str) -> None:
    _execute(url, "INSERT INTO feed_data SELECT * FROM held_back")


def _execute(url: str, *statements: str) -> int:
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        rows = cursor.rowcount
    connection.close()
    return rows


def _files(folder: Path, size: Size, part: float) -> tuple[Path, int]:
    """The tables as Parquet, made when first asked for, and the rows of the feed."""
    if not folder.exists():
        demo_data.write(
            str(folder), users=max(1, int(size.readers * part)), posts=size.posts,
            days=size.days - 1, seed=1,
        )  # fmt: skip
    with duckdb.connect() as database:
        (rows,) = database.execute(
            "SELECT count(*) FROM read_parquet($path)",
            {"path": str(folder / "feed_data.parquet")},
        ).fetchall()[0]
    return folder, int(rows)


def _train(arguments: Sequence[str], before: Sequence[str] = ()) -> Ran:
    ran = _watch([*before, sys.executable, "-m", "train", *arguments])
    print(f"{' '.join(arguments[:1])}: {ran.seconds:.0f} s", file=sys.stderr)
    return ran


def _watch(command: Sequence[str]) -> Ran:
    """Run a command, and see how much memory it and its children have."""
    began = time.perf_counter()
    most = 0
    with subprocess.Popen(  # noqa: S603 - our own programs
        command, stdout=subprocess.DEVNULL, env=_environment()
    ) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            most = max(most, _memory(watched))
            time.sleep(_WATCHED_EVERY_SECONDS)
    # A gate may refuse a release of few readers: it is published all the same.
    if process.returncode not in {OK, NOT_SERVED}:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Ran(time.perf_counter() - began, most)


def _memory(process: psutil.Process) -> int:
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass  # it has just ended
    return total


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_WAIT_POLICY": "passive"}


def _seconds(stages: dict[str, float], kind: str) -> float:
    return sum(seconds for stage, seconds in stages.items() if stage.startswith(kind))


def _stages(store: Path) -> dict[str, float]:
    manifest = next(manifests(open_store(str(store))))
    return {stage.name: stage.seconds for stage in manifest.stages}


if __name__ == "__main__":
    measure(FOLDER / "scale", Size(**json.loads(sys.argv[1])) if sys.argv[1:] else Size())
