"""A run by a cluster gives the release that one machine gives, whatever dies meanwhile."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts import layout
from artifacts.release import Release, open_release, verify
from artifacts.stores import open_store
from tests.train.tables import write_tables
from tools.postgres import free_port
from train import cli, demo_data
from train.cluster.exchange import PREFIX, Exchange, new_run, remove_forgotten
from train.cluster.parts import FeedDay, FeedPart, parts_of
from train.errors import ClusterError
from train.progress import Progress, Silent
from train.run import run
from train.settings import RunSettings
from train.warehouse import Warehouse

READERS = 17_000
"""Of three shards, so that there is more than one group of readers."""

slow = pytest.mark.slow


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    demo_data.write(str(folder), users=READERS, posts=400, days=7, seed=5)
    return folder


def trained(
    source: Path, store: Path, cluster: str | None = None, progress: Progress | None = None
) -> Release:
    settings = RunSettings(str(source), str(store), most_pairs=100_000, cluster=cluster)
    manifest = run(settings, progress or Silent()).manifest
    return open_release(open_store(str(store)), manifest.release)


@pytest.fixture(scope="module")
def expected(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return trained(source, tmp_path_factory.mktemp("one"))


def require_same(release: Release, expected: Release) -> None:
    assert verify(release) == ()
    shards = [layout.users_file(shard) for shard in range(3)]
    for path in (*shards, layout.POSTS, layout.NEWCOMERS, layout.ENCODERS, layout.RANKER):
        assert release.read(path) == expected.read(path), path
    told, other = (
        each.manifest.model_dump(
            include={
                "data",
                "evaluation",
                "exactness",
                "first_stage",
                "gate",
                "recipe",
                "user_shards",
            }
        )
        for each in (release, expected)
    )
    assert told == other


@slow
def test_two_workers_give_the_release_of_one_machine(
    source: Path, expected: Release, tmp_path: Path
) -> None:
    require_same(trained(source, tmp_path, "local:2"), expected)
    assert not (tmp_path / PREFIX).exists()


class Killing(Silent):
    """Kills a worker's process a moment after a stage has begun."""

    def __init__(self, stage: str) -> None:
        self.killed: list[int] = []
        self._stage = stage

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        if title.startswith(self._stage):
            threading.Thread(target=self._kill).start()
        yield

    def _kill(self) -> None:
        time.sleep(1.5)
        children = psutil.Process().children(recursive=True)
        worker = next(child for child in children if "spawn_main" in " ".join(child.cmdline()))
        worker.kill()
        self.killed.append(worker.pid)


@slow
@pytest.mark.parametrize("stage", ["checking the tables", "making features", "fitting"])
def test_a_worker_killed_in_the_middle_costs_time_and_not_the_run(
    source: Path, expected: Release, tmp_path: Path, stage: str
) -> None:
    progress = Killing(stage)
    require_same(trained(source, tmp_path, "local:2", progress), expected)
    assert len(progress.killed) == 1
    assert not (tmp_path / PREFIX).exists()


@slow
def test_whoever_names_no_cluster_learns_it_before_anything_is_read(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for address, told in (
        ("local:no", "names no cluster"),
        ("local:0", "names no cluster"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1"),
        ("nonsense", "no Dask scheduler answers at nonsense"),
    ):
        arguments = ["--source", str(source), "--store", str(tmp_path), "--cluster", address]
        assert cli.main(["run", *arguments]) == cli.FAILED
        assert told in capsys.readouterr().err
    assert not list(tmp_path.rglob("*"))


@slow
def test_a_feed_that_workers_cannot_read_in_parts_is_refused(tmp_path: Path) -> None:
    source = write_tables(tmp_path / "source", end="csv")
    with pytest.raises(ClusterError, match="the feed is not Parquet"):
        trained(source, tmp_path / "store", "local:1")
    assert not (tmp_path / "store" / "releases").exists()


DAYS = st.lists(st.integers(0, 50), min_size=1, max_size=30).map(
    lambda counts: [
        FeedDay(date(2021, 10, 1) + timedelta(days=2 * day), count, ("feed.parquet",))
        for day, count in enumerate(counts)
    ]
)


@given(DAYS, st.integers(1, 12))
def test_parts_are_of_whole_days_and_lose_and_double_no_row(days: list[FeedDay], most: int) -> None:
    parts = list(parts_of(days, most))
    assert 1 <= len(parts) <= most
    assert parts[0].since is None
    assert parts[-1].until is None
    assert sum(part.rows for part in parts) == sum(day.rows for day in days)
    for day in days:
        assert [_holds(part, day) for part in parts].count(True) == 1
    for part in parts:
        assert part.rows == sum(day.rows for day in days if _holds(part, day))


def _holds(part: FeedPart, day: FeedDay) -> bool:
    assert day.day
    since, until = part.since or date.min, part.until or date.max
    return since <= day.day < until


def test_a_row_without_a_time_is_in_one_part(tmp_path: Path) -> None:
    spoil = 'UPDATE feed_data SET "timestamp" = NULL WHERE user_id = 3'
    file = str(write_tables(tmp_path / "source", spoil) / "feed_data.parquet")
    rows = 0
    days = [FeedDay(None, 1, (file,))]
    days += [FeedDay(date(2021, 10, 1 + day), 1, (file,)) for day in range(8)]
    for number, part in enumerate(parts_of(days, 3)):
        warehouse = Warehouse(tmp_path / str(number))
        part.open(warehouse, "UTC")
        rows += warehouse.query("SELECT count(*) FROM raw_feed_data")[0][0]
        warehouse.close()
    assert rows == pq.ParquetFile(file).metadata.num_rows


def test_what_a_run_that_died_has_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    now = datetime(2021, 12, 3, tzinfo=UTC)
    exchanges = [Exchange(store, new_run(now - age)) for age in (timedelta(3), timedelta(hours=1))]
    keys = [exchange.put(pa.table({"day": [1]})) for exchange in exchanges]
    store.create("channels/production.json", b"{}")
    remove_forgotten(store, now)
    assert list(store.keys("")) == ["channels/production.json", keys[1]]
    exchanges[1].clear()
    assert list(store.keys("")) == ["channels/production.json"]


@contextmanager
def processes(address: str) -> Iterator[None]:
    """A scheduler and two workers in processes of their own, as on machines of their own."""
    port = address.rpartition(":")[2]
    # As a module: the project is not installed, it is found where they are started.
    dask = [sys.executable, "-m", "dask"]
    commands = [[*dask, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"]]
    commands += [[*dask, "worker", address, "--nthreads", "1", "--no-dashboard"]] * 2
    started = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        yield
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(60)


@slow
def test_workers_elsewhere_read_an_archive_in_s3_and_write_to_s3(
    postgres_url: str, s3_bucket: str, tmp_path: Path
) -> None:
    demo_data.write(postgres_url, users=300, posts=60, days=7, seed=2)
    settings = RunSettings(
        postgres_url, f"s3://{s3_bucket}/lenta", archive=f"s3://{s3_bucket}/feed"
    )
    alone = run(replace(settings, store=str(tmp_path)), Silent()).manifest
    address = f"tcp://127.0.0.1:{free_port()}"
    with processes(address):
        manifest = run(replace(settings, cluster=address), Silent()).manifest
    release = open_release(open_store(settings.store), manifest.release)
    expected = open_release(open_store(str(tmp_path)), alone.release)
    for path in (layout.users_file(0), layout.POSTS, layout.RANKER):
        assert release.read(path) == expected.read(path)
    assert not list(open_store(settings.store).keys(PREFIX))
