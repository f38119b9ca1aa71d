"""PostgreSQL is read by COPY, whole, with no right but SELECT."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg2
import pytest
from psycopg2.extensions import cursor

from tests.train.tables import FILES, write_tables
from train.errors import SourceError
from train.source.folder import add_file
from train.source.postgres import read_postgres
from train.source.tables import TableNames
from train.warehouse import Warehouse

_COLUMNS = {
    "user_data": "user_id int, gender int, age int, country text, city text, exp_group int, "
    "os varchar(20), source char(3), unused text",
    "post_text_df": "post_id bigint, text text, topic text",
    "feed_data": '"timestamp" timestamp, user_id int, post_id bigint, action text, target smallint',
}


@contextmanager
def session(url: str) -> Iterator[cursor]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as opened:
            yield opened
    finally:
        connection.close()


@pytest.fixture
def loaded(postgres_url: str, tmp_path: Path) -> tuple[str, Path]:
    """A database and a folder with the same tables."""
    folder = write_tables(tmp_path / "tables")
    with session(postgres_url) as opened, duckdb.connect() as files:
        for table in FILES:
            opened.execute(f"CREATE TABLE {table} ({_COLUMNS[table]})")
            path = tmp_path / f"{table}.csv"
            files.execute(f"COPY (FROM '{folder / table}.parquet') TO '{path}' (HEADER false)")
            with path.open() as rows:
                opened.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv)", rows)
    return postgres_url, folder


def read(url: str, work: Path, names: TableNames | None = None, timezone: str = "UTC") -> Warehouse:
    warehouse = Warehouse(work)
    read_postgres(warehouse, url, names or TableNames(), timezone, lambda _done, _expected: None)
    return warehouse


def test_the_rows_are_those_of_the_tables(loaded: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = loaded
    warehouse = read(url, tmp_path / "work")
    for table in FILES:
        columns = ", ".join(f'"{name}"::VARCHAR' for name in warehouse.columns(f"raw_{table}"))
        file = str(folder / f"{table}.parquet")
        with duckdb.connect() as files:
            expected = files.execute(f"SELECT {columns} FROM '{file}' ORDER BY ALL").fetchall()
        found = warehouse.query(f"SELECT {columns} FROM raw_{table} ORDER BY ALL")
        assert found == expected


def test_nulls_strange_times_and_texts_arrive_as_they_are(
    loaded: tuple[str, Path], tmp_path: Path
) -> None:
    url, _ = loaded
    text = 'two\nlines, a "quote", a \\. and тест'
    with session(url) as opened:
        opened.execute("DELETE FROM feed_data; DELETE FROM post_text_df")
        opened.execute("INSERT INTO post_text_df VALUES (1, %s, NULL)", (text,))
        opened.execute(
            """
            INSERT INTO feed_data VALUES (NULL, NULL, NULL, NULL, NULL),
                ('2021-10-01 12:00:00.25', -5, 9007199254740993, 'like', 1),
                ('1999-01-01', 1, 2, 'click', 0)
            """
        )
    warehouse = read(url, tmp_path / "work")
    assert warehouse.query("SELECT text, topic FROM raw_post_text_df") == [(text, None)]
    assert warehouse.query(
        'SELECT "timestamp"::VARCHAR, user_id, post_id, action, target '
        "FROM raw_feed_data ORDER BY user_id NULLS LAST"
    ) == [
        ("2021-10-01 12:00:00.25", -5, 9007199254740993, "like", 1),
        ("1999-01-01 00:00:00", 1, 2, "other", 0),
        (None, None, None, "other", None),
    ]


def test_a_feed_longer_than_a_buffer_arrives_whole(
    loaded: tuple[str, Path], tmp_path: Path
) -> None:
    url, _ = loaded
    with session(url) as opened:
        opened.execute(
            """
            INSERT INTO feed_data
            SELECT '2021-10-01'::timestamp + i * interval '1 s', i, i * 3, 'view', i % 2
            FROM generate_series(1000000, 1399999) AS i
            """
        )
        opened.execute("ANALYZE feed_data")
    told: list[tuple[int, int | None]] = []
    warehouse = Warehouse(tmp_path / "work")
    read_postgres(
        warehouse, url, TableNames(), "UTC", lambda done, expected: told.append((done, expected))
    )
    assert warehouse.query(
        "SELECT count(*), sum(post_id - 3 * user_id) FROM raw_feed_data WHERE user_id >= 1000000"
    ) == [(400_000, 0)]
    assert len(told) > 1
    assert told[-1] == (401_920, 401_920)


def test_a_time_with_a_zone_comes_on_the_network_s_clock(
    loaded: tuple[str, Path], tmp_path: Path
) -> None:
    url, _ = loaded
    with session(url) as opened:
        opened.execute(
            'ALTER TABLE feed_data ALTER "timestamp" TYPE timestamptz '
            "USING \"timestamp\" AT TIME ZONE 'UTC'"
        )
    warehouse = read(url, tmp_path / "work", timezone="Europe/Moscow")
    assert warehouse.query('SELECT min("timestamp")::VARCHAR FROM raw_feed_data') == [
        ("2021-10-01 13:01:00",)
    ]


def test_select_is_the_only_right_that_is_needed(loaded: tuple[str, Path], tmp_path: Path) -> None:
    url, _ = loaded
    with session(url) as opened:
        opened.execute("DROP ROLE IF EXISTS reader")
        opened.execute("CREATE ROLE reader LOGIN")
        opened.execute("GRANT SELECT ON user_data, post_text_df TO reader")
    as_reader = url.replace("postgres@", "reader@")
    with pytest.raises(SourceError, match=r"no right to SELECT from public\.feed_data"):
        read(as_reader, tmp_path / "refused")
    with session(url) as opened:
        opened.execute("GRANT SELECT ON feed_data TO reader")
    warehouse = read(as_reader, tmp_path / "work")
    assert warehouse.query("SELECT count(*) FROM raw_feed_data") == [(1920,)]
    with session(url) as opened:
        opened.execute("DROP OWNED BY reader; DROP ROLE reader")


def test_tables_may_have_other_names_and_lie_in_another_schema(
    loaded: tuple[str, Path], tmp_path: Path
) -> None:
    url, _ = loaded
    with session(url) as opened:
        opened.execute('CREATE SCHEMA "net work"; ALTER TABLE user_data RENAME TO "the ""users"""')
        for table in ('"the ""users"""', "post_text_df", "feed_data"):
            opened.execute(f'ALTER TABLE {table} SET SCHEMA "net work"')
    names = TableNames(user_data='the "users"', schema="net work")
    assert read(url, tmp_path / "work", names).query("SELECT count(*) FROM raw_user_data") == [
        (40,)
    ]


def test_the_three_tables_are_read_as_of_one_moment(
    loaded: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = loaded

    def write_meanwhile(warehouse: Warehouse, table: str, path: Path) -> None:
        with session(url) as opened:
            opened.execute("INSERT INTO feed_data SELECT * FROM feed_data LIMIT 100")
            opened.execute("DELETE FROM post_text_df")
        add_file(warehouse, table, path)

    monkeypatch.setattr("train.source.postgres.add_file", write_meanwhile)
    warehouse = read(url, tmp_path / "work")
    assert warehouse.query("SELECT count(*) FROM raw_post_text_df") == [(30,)]
    assert warehouse.query("SELECT count(*) FROM raw_feed_data") == [(1920,)]
    with session(url) as opened:
        opened.execute("SELECT count(*) FROM feed_data")
        assert opened.fetchone() == (1920 + 300,)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("DROP TABLE post_text_df", "the database has no table public.post_text_df"),
        ("ALTER TABLE feed_data DROP target", "public.feed_data has no column target"),
        (
            "ALTER TABLE user_data ALTER user_id TYPE text",
            "public.user_data.user_id is of type text, but integer is needed",
        ),
        (
            'ALTER TABLE feed_data ALTER "timestamp" TYPE date',
            "public.feed_data.timestamp is of type date, but timestamp is needed",
        ),
    ],
)
def test_what_is_missing_or_of_a_wrong_type_is_named(
    loaded: tuple[str, Path], tmp_path: Path, spoil: str, sentence: str
) -> None:
    url, _ = loaded
    with session(url) as opened:
        opened.execute(spoil)
    with pytest.raises(SourceError) as stopped:
        read(url, tmp_path / "work")
    assert sentence in str(stopped.value)


def test_a_database_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"does not let us in"):
        read("postgresql://nobody@127.0.0.1:1/none", tmp_path / "work")


@pytest.mark.parametrize("password", ["open%sesame", "open/sesame", "open@sesame:now"])
def test_an_address_that_cannot_be_understood_is_refused_without_repeating_the_password(
    tmp_path: Path, password: str
) -> None:
    with pytest.raises(SourceError, match="written as %2F %40 %3A %25") as refused:
        read(f"postgresql://reader:{password}@127.0.0.1:1/network", tmp_path / "work")
    assert not {"open", "sesame", "now"} & set(re.findall(r"\w+", str(refused.value)))
