"""The archive gives what the table has, whatever happened to it, and reads only what changed."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2 import sql

from artifacts.stores import open_store
from tests.train.archived import DAYS, TABLES, Reading, execute, keys, read, table_rows
from train.archive import writing
from train.archive.files import Files
from train.archive.fingerprint import scan
from train.archive.index import KeptFile
from train.source import feed_rows

DATABASE = "archived"

days = st.integers(0, 6).map(lambda number: f"2021-10-0{1 + number}")
no_days = st.sampled_from(
    ["NULL", "'infinity'", "'-infinity'", "'12021-10-01'", "'0044-03-15 BC'", "'10000-01-01'"]
)
inserts = st.builds(
    "INSERT INTO feed_data SELECT '{} 23:50'::timestamp + i * interval '77 s', {} + i, i, "
    "CASE i % 3 WHEN 0 THEN 'like' WHEN 1 THEN 'view' END, nullif(i % 3, 2) "
    "FROM generate_series(1, {}) AS i".format,
    days,
    st.integers(0, 2),
    st.integers(1, 40),
)
dayless = st.builds(
    "INSERT INTO feed_data SELECT {}::timestamp, i, NULL, 'view', 0 "
    "FROM generate_series(1, {}) AS i".format,
    no_days,
    st.integers(1, 3),
)
some = st.builds("{} % 5 = {}".format, st.sampled_from(["user_id", "post_id"]), st.integers(0, 4))
of_a_day = st.builds("timestamp::date = '{}'".format, days)
where = st.one_of(
    some, of_a_day, st.builds("{} AND {}".format, some, of_a_day), st.just("timestamp IS NULL")
)
changes = st.one_of(
    inserts,
    dayless,
    st.builds("INSERT INTO feed_data SELECT * FROM feed_data WHERE {}".format, where),
    st.builds("UPDATE feed_data SET target = 1 - target WHERE {}".format, where),
    st.builds("UPDATE feed_data SET action = 'view' WHERE {}".format, where),
    st.builds("UPDATE feed_data SET timestamp = timestamp + '1 h' WHERE {}".format, where),
    st.builds("DELETE FROM feed_data WHERE {}".format, where),
    st.just(
        "CREATE TEMP TABLE t AS SELECT * FROM feed_data ORDER BY random();"
        "TRUNCATE feed_data; INSERT INTO feed_data SELECT * FROM t; DROP TABLE t"
    ),
)
histories = st.builds(
    lambda first, then: [first, *then],
    st.lists(st.one_of(inserts, dayless), min_size=2, max_size=6),
    st.lists(st.lists(changes, min_size=1, max_size=2), max_size=5),
)


@pytest.fixture(scope="module")
def database(postgres_server: str) -> Iterator[str]:
    """One for all histories: to make a database takes longer than to read it."""
    with closing(psycopg2.connect(postgres_server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
            url = postgres_server.removesuffix("postgres") + DATABASE
            execute(url, *TABLES)
            yield url
            cursor.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.fixture(scope="module")
def small_blocks() -> Iterator[None]:
    """Blocks, buffers and files of a few rows, as if the tables were large."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed_rows, "_BUFFER_BYTES", 500)
        patch.setattr(writing, "MOST_WAITING", 30)
        patch.setattr(writing, "MOST_IN_FILE", 20)
        patch.setattr(writing, "ROW_GROUP", 8)
        yield


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=50)
@given(histories)
def test_after_any_history_the_archive_is_the_table(
    database: str, history: list[list[str]]
) -> None:
    execute(database, "TRUNCATE feed_data")
    with tempfile.TemporaryDirectory() as folder:
        archive = open_store(f"{folder}/archive")
        before = table_rows(database)
        for number, step in enumerate(history):
            kept = keys(archive) if number else {}
            execute(database, *step)
            now = table_rows(database)
            found = read(database, archive, Path(folder) / f"work{number}")
            assert found.rows == now
            changed = {day for day in now if now[day] != before.get(day)}
            assert found.copied == sum(now[day].total() for day in changed)
            assert found.told == f"{len(now) - len(changed)} days kept, {len(changed)} read"
            files = keys(archive)
            assert files.keys() == now.keys()
            assert {day for day in files if files[day] != kept.get(day)} == changed
            before = now


@pytest.fixture
def feed(postgres_url: str) -> str:
    execute(postgres_url, *TABLES, DAYS)
    return postgres_url


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_run_reads_nothing_and_writes_nothing(feed: str, tmp_path: Path) -> None:
    archive = open_store(str(tmp_path / "archive"))
    first = read(feed, archive, tmp_path / "first")
    written = contents(tmp_path / "archive")
    second = read(feed, archive, tmp_path / "second")
    assert (first.told, first.copied) == ("0 days kept, 5 read", 500)
    assert (second.told, second.copied) == ("5 days kept, 0 read", 0)
    assert first.rows == second.rows == table_rows(feed)
    assert contents(tmp_path / "archive") == written


def test_a_feed_without_rows_has_no_days(feed: str, tmp_path: Path) -> None:
    archive = open_store(str(tmp_path / "archive"))
    execute(feed, "TRUNCATE feed_data")
    assert read(feed, archive, tmp_path / "work") == Reading({}, "0 days kept, 0 read", 0)


@pytest.mark.parametrize(
    ("timezone", "since"),
    [
        ("Europe/Moscow", "2021-10-01 20:00"),
        # Its clocks turn back at one in the morning, to midnight: half past twelve is there twice.
        ("America/Havana", "2021-11-07 03:00"),
        ("Pacific/Kiritimati", "2021-12-31 09:00"),
    ],
)
def test_a_row_belongs_to_the_day_of_the_network_s_clock(
    feed: str, tmp_path: Path, timezone: str, since: str
) -> None:
    execute(
        feed,
        "TRUNCATE feed_data",
        "ALTER TABLE feed_data ALTER timestamp TYPE timestamptz",
        f"INSERT INTO feed_data SELECT '{since} UTC'::timestamptz + i * interval '7 min', i, i, "
        "'view', 0 FROM generate_series(0, 99) AS i",
    )
    archive = open_store(str(tmp_path / "archive"))
    found = read(feed, archive, tmp_path / "work", timezone)
    assert found.rows == table_rows(feed, timezone)
    assert len(found.rows) == 2
    execute(feed, "UPDATE feed_data SET target = 1 WHERE user_id = 0")
    again = read(feed, archive, tmp_path / "again", timezone)
    assert again.told == "1 days kept, 1 read"
    assert again.rows == table_rows(feed, timezone)


def test_thousands_of_days_in_any_order_need_few_open_files(
    feed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(
        feed,
        "TRUNCATE feed_data",
        "INSERT INTO feed_data SELECT '2010-01-01'::timestamp + i % 1200 * interval '1 day', i, i,"
        " 'view', 0 FROM generate_series(1, 6000) AS i ORDER BY random()",
    )
    monkeypatch.setattr(feed_rows, "_BUFFER_BYTES", 50_000)
    monkeypatch.setattr(writing, "MOST_WAITING", 1_500)
    opened: list[int] = []
    create = Files.create

    def counted(self: Files, key: str, data: bytes, rows: int) -> KeptFile:
        opened.append(len(list(Path("/proc/self/fd").iterdir())))
        return create(self, key, data, rows)

    monkeypatch.setattr(Files, "create", counted)
    before = len(list(Path("/proc/self/fd").iterdir()))
    found = read(feed, open_store(str(tmp_path / "archive")), tmp_path / "work")
    assert found.told == "0 days kept, 1200 read"
    assert found.rows == table_rows(feed)
    assert len(opened) == 1200
    assert max(opened) - before < 30
    assert not (tmp_path / "work" / "waiting").exists()


def test_select_is_the_only_right_that_an_archive_needs(feed: str, tmp_path: Path) -> None:
    execute(
        feed,
        "DROP ROLE IF EXISTS keeper",
        "CREATE ROLE keeper LOGIN",
        "GRANT SELECT ON user_data, post_text_df, feed_data TO keeper",
    )
    as_keeper = feed.replace("postgres@", "keeper@")
    archive = open_store(str(tmp_path / "archive"))
    assert read(as_keeper, archive, tmp_path / "work").rows == table_rows(feed)
    assert read(feed, archive, tmp_path / "again").told == "5 days kept, 0 read"
    execute(feed, "DROP OWNED BY keeper", "DROP ROLE keeper")


def test_the_days_are_counted_by_several_processes(feed: str) -> None:
    execute(
        feed,
        "INSERT INTO feed_data SELECT '2021-10-01'::timestamp + i * interval '37 s', i, i, 'view', "
        "0 FROM generate_series(1, 200000) AS i",
        "ANALYZE feed_data",
    )
    with closing(psycopg2.connect(feed)) as connection, connection.cursor() as cursor:
        cursor.execute("SET min_parallel_table_scan_size = 0")
        cursor.execute(sql.SQL("EXPLAIN {}").format(scan(sql.Identifier("feed_data"))))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Gather" in plan
    assert "Partial HashAggregate" in plan
    assert "Parallel Seq Scan on feed_data" in plan
