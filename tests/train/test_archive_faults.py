"""An archive is whole, as it was before or as it is after, whatever happens while it is written."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from artifacts.errors import StoreUnavailable
from artifacts.stores import ObjectStore, open_store
from tests.support.s3_server import Fault, S3Server
from tests.support.stores import Wrapped
from tests.train.archived import DAYS, TABLES, execute, keys, problems, read, table_rows
from train.archive.index import INDEX
from train.errors import SourceError
from train.source.tables import TableNames

CHANGE = (
    "UPDATE feed_data SET target = 1 WHERE timestamp::date = '2021-10-02'",
    "DELETE FROM feed_data WHERE timestamp::date = '2021-10-03'",
    """
    INSERT INTO feed_data SELECT timestamp + interval '3 days', user_id, post_id, action, target
    FROM feed_data WHERE timestamp::date = '2021-10-05'
    """,
)
"""One day changes, one goes, one comes."""
WRITES = 3
"""What the change makes a run write: two days and the index."""


@pytest.fixture
def feed(postgres_url: str) -> str:
    execute(postgres_url, *TABLES, DAYS)
    return postgres_url


class Dying(Wrapped):
    """A store that fails at its n-th write, from 0, and at all that come later."""

    def __init__(self, store: ObjectStore, at: int) -> None:
        super().__init__(store)
        self.left = at

    def create(self, key: str, data: bytes) -> None:
        self._count()
        super().create(key, data)

    def replace(self, key: str, data: bytes, version: str) -> None:
        self._count()
        super().replace(key, data, version)

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoreUnavailable("the store is gone")


@pytest.mark.parametrize("at", range(WRITES))
def test_a_run_that_dies_at_any_write_leaves_the_archive_as_it_was(
    feed: str, tmp_path: Path, at: int
) -> None:
    archive = open_store(str(tmp_path / "archive"))
    read(feed, archive, tmp_path / "first")
    before = keys(archive)
    execute(feed, *CHANGE)
    with pytest.raises(StoreUnavailable, match="the store is gone"):
        read(feed, Dying(archive, at), tmp_path / "dies")
    assert keys(archive) == before
    assert problems(archive) == []
    again = read(feed, archive, tmp_path / "again")
    assert again.told == "3 days kept, 2 read"
    assert again.rows == table_rows(feed)


def test_a_first_run_that_dies_while_it_reads_leaves_no_index(feed: str, tmp_path: Path) -> None:
    archive = open_store(str(tmp_path / "archive"))
    work = tmp_path / "work"
    with pytest.raises(StoreUnavailable, match="the store is gone"):
        read(feed, Dying(archive, 2), work)
    assert INDEX not in archive.keys("")
    (work / "waiting").mkdir()  # as a run that is killed leaves it
    (work / "waiting" / "2021-10-01.rows").write_bytes(bytes(500))
    assert read(feed, archive, work).rows == table_rows(feed)


def test_a_run_writes_nothing_else(feed: str, tmp_path: Path) -> None:
    archive = open_store(str(tmp_path / "archive"))
    read(feed, archive, tmp_path / "first")
    execute(feed, *CHANGE)
    store = Dying(archive, WRITES)
    read(feed, store, tmp_path / "lives")
    assert store.left == 0


@pytest.mark.parametrize("files", [1, 8, 20])
def test_a_run_that_is_killed_leaves_an_archive_that_the_next_one_uses(
    feed: str, tmp_path: Path, files: int
) -> None:
    days = "FROM generate_series(0, 39999) AS i"
    execute(
        feed,
        "INSERT INTO feed_data SELECT '2021-11-01'::timestamp + i / 1000 * interval '1 day', i, i,"
        f" 'view', 0 {days}",
    )
    folder = tmp_path / "archive"
    archive = open_store(str(folder))
    program = (
        "import sys; from pathlib import Path; from artifacts.stores import open_store;"
        "from tests.train.archived import read;"
        "read(sys.argv[1], open_store(sys.argv[2]), Path(sys.argv[3]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, feed, str(folder), str(tmp_path / "killed")]
    ) as run:
        while len(list(folder.glob("days/*/*/*.parquet"))) < files and run.poll() is None:
            time.sleep(0.001)
        os.kill(run.pid, signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    if (folder / INDEX).exists():
        assert problems(archive) == []
    again = read(feed, archive, tmp_path / "again")
    assert again.rows == table_rows(feed)
    assert problems(archive) == []


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("spoil", [damage, Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_day_whose_file_is_damaged_or_missing_is_read_again(
    feed: str, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    archive = open_store(str(tmp_path / "archive"))
    read(feed, archive, tmp_path / "first")
    [(day, files)] = list(keys(archive).items())[1:2]
    [key] = files
    spoil(tmp_path / "archive" / key)
    again = read(feed, archive, tmp_path / "again")
    assert (again.told, again.copied) == ("4 days kept, 1 read", 100)
    assert again.rows == table_rows(feed)
    assert problems(archive) == []
    assert keys(archive)[day] != files


@pytest.mark.parametrize("begun", [True, False])
def test_of_two_runs_at_once_each_has_its_own_moment(
    feed: str, tmp_path: Path, *, begun: bool
) -> None:
    archive = open_store(str(tmp_path / "archive"))
    if begun:
        read(feed, archive, tmp_path / "first")
    execute(feed, *CHANGE)
    before = table_rows(feed)

    def another() -> None:
        execute(feed, "UPDATE feed_data SET target = 0 WHERE timestamp::date >= '2021-10-04'")
        assert read(feed, archive, tmp_path / "within").rows == table_rows(feed)

    outer = read(feed, archive, tmp_path / "around", while_it_reads=another)
    assert outer.rows == before != table_rows(feed)
    assert problems(archive) == []
    again = read(feed, archive, tmp_path / "again")
    assert again.rows == table_rows(feed)
    assert problems(archive) == []


def test_an_archive_of_another_table_or_clock_is_refused(feed: str, tmp_path: Path) -> None:
    archive = open_store(str(tmp_path / "archive"))
    read(feed, archive, tmp_path / "first")
    index = archive.read(INDEX)
    with pytest.raises(SourceError, match=r"keeps public\.feed_data .* UTC; .* Europe/Moscow$"):
        read(feed, archive, tmp_path / "moscow", "Europe/Moscow")
    execute(feed, "CREATE TABLE feed_test AS SELECT * FROM feed_data")
    with pytest.raises(SourceError, match=r"keeps public\.feed_data .* is public\.feed_test "):
        read(feed, archive, tmp_path / "test", names=TableNames(feed_data="feed_test"))
    assert archive.read(INDEX) == index


def test_an_index_that_is_damaged_is_named_and_left_alone(feed: str, tmp_path: Path) -> None:
    archive = open_store(str(tmp_path / "archive"))
    read(feed, archive, tmp_path / "first")
    damage(tmp_path / "archive" / INDEX)
    index = archive.read(INDEX)
    with pytest.raises(SourceError, match=r"cannot be used: the index .*; without its index\.json"):
        read(feed, archive, tmp_path / "again")
    assert archive.read(INDEX) == index
    archive.remove(INDEX)
    assert read(feed, archive, tmp_path / "anew").told == "0 days kept, 5 read"


def test_an_archive_in_s3_is_fetched_once_by_each_machine(
    feed: str, s3_bucket: str, tmp_path: Path
) -> None:
    archive = open_store(f"s3://{s3_bucket}/feed")
    assert read(feed, archive, tmp_path / "one").rows == table_rows(feed)
    execute(feed, *CHANGE)
    other = read(feed, archive, tmp_path / "other")
    assert other.told == "3 days kept, 2 read"
    assert other.rows == table_rows(feed)
    assert problems(archive) == []


def test_a_damaged_file_in_s3_is_read_again_and_a_damaged_copy_fetched_again(
    feed: str, s3_bucket: str, tmp_path: Path
) -> None:
    archive = open_store(f"s3://{s3_bucket}/feed")
    read(feed, archive, tmp_path / "one")
    first, second, third, *_ = (key for files in keys(archive).values() for key in files)
    damage(tmp_path / "one" / "archive" / first)
    there = archive.read(second)
    archive.replace(second, there.data[:-1], there.version)
    archive.remove(third)
    assert read(feed, archive, tmp_path / "one").told == "5 days kept, 0 read"
    other = read(feed, archive, tmp_path / "other")
    assert other.told == "3 days kept, 2 read"
    assert other.rows == table_rows(feed)
    assert read(feed, archive, tmp_path / "one").rows == table_rows(feed)
    copies = (tmp_path / "one" / "archive").rglob("*.parquet")
    assert len(list(copies)) == 5


def test_a_write_to_s3_whose_answer_is_lost_was_made_once(
    feed: str, s3_bucket: str, s3_server: S3Server, tmp_path: Path
) -> None:
    archive = open_store(f"s3://{s3_bucket}/feed")
    s3_server.faults.extend([Fault("PUT", 500, "InternalError", done=True)] * 2)
    assert read(feed, archive, tmp_path / "work").rows == table_rows(feed)
    assert problems(archive) == []
    assert s3_server.faults == []
