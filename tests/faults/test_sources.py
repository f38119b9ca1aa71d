"""A source that fails while it is read: a sentence, and a store as it was."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from artifacts.channel import read_channel
from artifacts.release import list_releases, open_release, verify
from artifacts.stores import open_store
from tools.postgres import private_postgres
from train import demo_data
from train.errors import SourceError
from train.progress import Silent
from train.run import run
from train.settings import RunSettings

pytestmark = pytest.mark.slow

LONGER = (
    "INSERT INTO feed_data SELECT feed_data.* FROM feed_data, generate_series(1, 40)",
    "ANALYZE feed_data",
)
"""Makes a feed that is longer than all buffers on its way."""


class WhileItIsRead(Silent):
    """Does something once, when the first rows of the feed have come."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action
        self.rows_seen: list[int] = []

    def rows(self, done: int, expected: int | None) -> None:  # noqa: ARG002 - as it is called
        if not self.rows_seen:
            self._action()
        self.rows_seen.append(done)


def fill(url: str) -> None:
    demo_data.write(url, users=400, posts=200, days=10, seed=12)


def execute(url: str, *statements: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL of a server of the test's own, with tables, and its folder."""
    folder = tmp_path / "postgres"
    with private_postgres(folder) as url:
        fill(url)
        execute(url, *LONGER)
        yield url, folder


def test_a_database_that_dies_while_it_is_read_leaves_the_store_as_it_was(
    own_server: tuple[str, Path], tmp_path: Path
) -> None:
    url, folder = own_server
    store = tmp_path / "store"

    def kill() -> None:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)  # which ends it at once, as a crash does
        time.sleep(0.5)

    progress = WhileItIsRead(kill)
    with pytest.raises(SourceError, match="reading from PostgreSQL failed"):
        run(RunSettings(url, str(store)), progress)
    assert progress.rows_seen
    assert not store.exists()


def test_a_connection_that_is_cut_leaves_what_serves_as_it_was(
    postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url)
    store = tmp_path / "store"
    first = run(RunSettings(postgres_url, str(store)), Silent())
    execute(postgres_url, *LONGER)
    cut = WhileItIsRead(
        lambda: execute(
            postgres_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'lenta train'",
        )
    )
    with pytest.raises(SourceError, match="reading from PostgreSQL failed"):
        run(RunSettings(postgres_url, str(store), seed=2), cut)
    opened = open_store(str(store))
    assert list_releases(opened) == [first.manifest.release]
    channel = read_channel(opened)
    assert channel is not None
    assert channel.releases == (first.manifest.release,)
    assert verify(open_release(opened, first.manifest.release)) == ()


def test_rows_that_arrive_while_the_feed_is_read_belong_to_the_next_run(
    postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url)
    later = WhileItIsRead(
        lambda: execute(
            postgres_url,
            "INSERT INTO feed_data SELECT timestamp + interval '1 second', user_id, post_id, "
            "action, target FROM feed_data LIMIT 500",
        )
    )
    plain = run(RunSettings(postgres_url, str(tmp_path / "one")), Silent())
    meanwhile = run(RunSettings(postgres_url, str(tmp_path / "two")), later)
    assert later.rows_seen
    assert meanwhile.manifest.data == plain.manifest.data
    assert meanwhile.manifest.recipe == plain.manifest.recipe


def test_a_schema_that_changes_between_two_runs_is_named_and_serves_on(
    postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url)
    store = tmp_path / "store"
    first = run(RunSettings(postgres_url, str(store)), Silent())
    execute(postgres_url, "ALTER TABLE feed_data RENAME target TO liked")
    with pytest.raises(SourceError, match="feed_data has no column target"):
        run(RunSettings(postgres_url, str(store)), Silent())
    assert list_releases(open_store(str(store))) == [first.manifest.release]


def test_a_schema_change_while_the_feed_is_read_waits_for_the_end(
    postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url)

    def change() -> None:
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            execute(postgres_url, "SET lock_timeout = '200ms'", "ALTER TABLE feed_data DROP target")

    progress = WhileItIsRead(change)
    outcome = run(RunSettings(postgres_url, str(tmp_path / "store")), progress)
    assert progress.rows_seen
    assert outcome.manifest.data.views
