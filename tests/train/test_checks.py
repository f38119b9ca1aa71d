"""What is wrong with a source is said in a sentence; what can be dropped is dropped and counted."""

from datetime import datetime
from pathlib import Path

import pytest

from artifacts.manifest import Dropped
from tests.train.tables import write_tables
from train.errors import SourceError
from train.source.checks import clean_tables
from train.source.read import read_source
from train.source.tables import TableNames
from train.warehouse import Warehouse

NOW = datetime(2021, 11, 1)


def cleaned(folder: Path, work: Path) -> tuple[Warehouse, tuple[Dropped, ...]]:
    warehouse = Warehouse(work)
    read_source(warehouse, str(folder), TableNames(), "UTC", lambda _done, _expected: None)
    return warehouse, clean_tables(warehouse, TableNames(), "UTC", NOW)


@pytest.mark.parametrize("end", ["parquet", "csv"])
def test_good_tables_lose_nothing(tmp_path: Path, end: str) -> None:
    warehouse, dropped = cleaned(write_tables(tmp_path / "s", end=end), tmp_path / "w")
    assert dropped == ()
    assert warehouse.query("SELECT count(*) FROM feed") == [(40 * 8 * 6,)]
    assert warehouse.query("SELECT count(*) FROM readers") == [(40,)]
    assert warehouse.query("SELECT count(*) FROM posts") == [(30,)]


def test_csv_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    rows = []
    for end in ("parquet", "csv"):
        warehouse, _ = cleaned(write_tables(tmp_path / end, end=end), tmp_path / f"w-{end}")
        rows.append(warehouse.query("SELECT * FROM feed ORDER BY ALL"))
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("DROP TABLE feed_data", "has neither feed_data.parquet nor feed_data.csv"),
        ("ALTER TABLE user_data DROP age", "the table user_data has no column age"),
        (
            """
            ALTER TABLE feed_data ALTER user_id TYPE VARCHAR;
            UPDATE feed_data SET user_id = 'x' WHERE user_id = '3'
            """,
            "feed_data.user_id has 48 values that cannot be read as whole numbers, such as 'x'",
        ),
        (
            """
            ALTER TABLE post_text_df ALTER post_id TYPE DOUBLE;
            UPDATE post_text_df SET post_id = 1.5 WHERE post_id = 1
            """,
            "post_text_df.post_id has 1 value that cannot be read as whole numbers, such as '1.5'",
        ),
        (
            """
            ALTER TABLE feed_data ALTER "timestamp" TYPE VARCHAR;
            UPDATE feed_data SET "timestamp" = 'yesterday' WHERE user_id = 1
            """,
            "feed_data.timestamp has 48 values that cannot be read as times, such as 'yesterday'",
        ),
        (
            "UPDATE user_data SET user_id = 1, age = user_id WHERE user_id < 4",
            "user_data.user_id is not unique: 1 id with rows that differ, such as 1",
        ),
        ("DELETE FROM user_data", "the table user_data has no row that can be used"),
        ("DELETE FROM feed_data", "the table feed_data has no view at all"),
        ("UPDATE feed_data SET action = 'like'", "the table feed_data has no view at all"),
        ("UPDATE feed_data SET target = 0", "feed_data.target has no like at all"),
        (
            "DELETE FROM feed_data WHERE \"timestamp\" >= '2021-10-03'",
            "feed_data.timestamp spans 2 days; at least 5 are needed",
        ),
        (
            "DELETE FROM user_data WHERE user_id > 10",
            "1440 of 1920 rows of feed_data cannot be used (unknown reader: 1440)",
        ),
    ],
)
def test_what_cannot_be_trained_from_stops_with_a_sentence(
    tmp_path: Path, spoil: str, sentence: str
) -> None:
    folder = write_tables(tmp_path / "s", spoil)
    with pytest.raises(SourceError, match=r".") as stopped:
        cleaned(folder, tmp_path / "w")
    assert sentence in str(stopped.value)


@pytest.mark.parametrize(
    ("spoil", "dropped"),
    [
        (
            "INSERT INTO feed_data SELECT * REPLACE (9999 AS user_id) FROM feed_data LIMIT 3",
            Dropped(table="feed_data", reason="unknown reader", rows=3),
        ),
        (
            "INSERT INTO feed_data SELECT * REPLACE (9999 AS post_id) FROM feed_data LIMIT 2",
            Dropped(table="feed_data", reason="unknown post", rows=2),
        ),
        (
            "INSERT INTO feed_data SELECT * REPLACE (NULL AS post_id) FROM feed_data LIMIT 2",
            Dropped(table="feed_data", reason="id or time is null", rows=2),
        ),
        (
            """
            INSERT INTO feed_data
            SELECT * REPLACE ('2021-11-02 00:00:01' AS "timestamp") FROM feed_data LIMIT 4;
            INSERT INTO feed_data
            SELECT * REPLACE ('1999-12-31 23:59:59' AS "timestamp") FROM feed_data LIMIT 1
            """,
            Dropped(table="feed_data", reason="time out of range", rows=5),
        ),
        (
            "INSERT INTO feed_data SELECT * REPLACE ('click' AS action) FROM feed_data LIMIT 1",
            Dropped(table="feed_data", reason="action is neither view nor like", rows=1),
        ),
        (
            "INSERT INTO feed_data SELECT * REPLACE (2 AS target) FROM feed_data LIMIT 6",
            Dropped(table="feed_data", reason="target is neither 0 nor 1", rows=6),
        ),
        (
            "INSERT INTO user_data SELECT * REPLACE (NULL AS user_id) FROM user_data LIMIT 2",
            Dropped(table="user_data", reason="id is null", rows=2),
        ),
        (
            "INSERT INTO post_text_df SELECT * FROM post_text_df LIMIT 5",
            Dropped(table="post_text_df", reason="row is there twice", rows=5),
        ),
    ],
)
def test_what_can_be_dropped_safely_is_dropped_and_counted(
    tmp_path: Path, spoil: str, dropped: Dropped
) -> None:
    warehouse, found = cleaned(write_tables(tmp_path / "s", spoil), tmp_path / "w")
    assert found == (dropped,)
    assert warehouse.query("SELECT count(*) FROM feed") == [(40 * 8 * 6,)]


def test_like_rows_are_kept_apart_from_views(tmp_path: Path) -> None:
    spoil = (
        "INSERT INTO feed_data SELECT * REPLACE "
        "('like' AS action, 0 AS target) FROM feed_data WHERE target = 1"
    )
    warehouse, _ = cleaned(write_tables(tmp_path / "s", spoil), tmp_path / "w")
    assert warehouse.query("SELECT views, likes FROM feed_facts") == [(1920, 320)]
    assert warehouse.query("SELECT count(*) FROM feed WHERE liked AND NOT is_view") == [(320,)]


def test_a_null_text_or_topic_is_a_post_all_the_same(tmp_path: Path) -> None:
    spoil = "UPDATE post_text_df SET text = NULL, topic = NULL WHERE post_id = 1"
    warehouse, dropped = cleaned(write_tables(tmp_path / "s", spoil), tmp_path / "w")
    assert dropped == ()
    assert warehouse.query("SELECT text, topic FROM posts WHERE post_id = 1") == [("", "unknown")]


def test_a_time_with_a_zone_is_turned_to_the_network_s_clock(tmp_path: Path) -> None:
    spoil = """
        ALTER TABLE feed_data ALTER "timestamp" TYPE TIMESTAMPTZ
        USING "timestamp" AT TIME ZONE 'UTC'
    """
    folder = write_tables(tmp_path / "s", spoil)
    warehouse = Warehouse(tmp_path / "w")
    read_source(warehouse, str(folder), TableNames(), "UTC", lambda _done, _expected: None)
    clean_tables(warehouse, TableNames(), "Europe/Moscow", NOW)
    assert warehouse.query("SELECT min(moment) FROM feed") == [(datetime(2021, 10, 1, 13, 1),)]


def test_a_folder_with_a_table_twice_is_refused(tmp_path: Path) -> None:
    write_tables(tmp_path)
    write_tables(tmp_path, end="csv")
    with pytest.raises(SourceError, match=r"both user_data\.parquet and user_data\.csv"):
        cleaned(tmp_path, tmp_path / "w")


def test_a_source_that_is_neither_a_folder_nor_a_database_is_refused(tmp_path: Path) -> None:
    for source in (str(tmp_path / "absent"), "mysql://host/db"):
        with pytest.raises(SourceError, match=r"not a folder|neither postgresql"):
            read_source(Warehouse(tmp_path / "w"), source, TableNames(), "UTC", lambda *_: None)


def test_files_may_have_other_names(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "s")
    (folder / "user_data.parquet").rename(folder / "people.parquet")
    names = TableNames(user_data="people")
    read_source(Warehouse(tmp_path / "w"), str(folder), names, "UTC", lambda *_: None)
