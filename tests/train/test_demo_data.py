"""The generated tables have the figures of the network's own."""

# As text: annotations that hold DuckDB's types past its end make it complain at exit.
from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from train import demo_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READERS, POSTS = 4_000, 7_023

VIEWS = """
CREATE TABLE views AS
SELECT
    feed_data.*, age, gender, exp_group, country, topic,
    row_number() OVER (PARTITION BY user_id, timestamp::DATE ORDER BY timestamp) AS position
FROM feed_data JOIN user_data USING (user_id) JOIN post_text_df USING (post_id)
WHERE action = 'view'
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("demo") / "tables"
    written = demo_data.write(str(folder), users=READERS, posts=POSTS, days=90, seed=7)
    with duckdb.connect() as connection:
        for table in ("user_data", "post_text_df", "feed_data"):
            connection.execute(f"CREATE TABLE {table} AS FROM '{folder}/{table}.parquet'")
            assert _one(connection, f"SELECT count(*) FROM {table}") == getattr(written, table)
        connection.execute(VIEWS)
        yield connection


def _one(tables: duckdb.DuckDBPyConnection, query: str) -> float:
    (value,) = tables.execute(query).fetchone() or (None,)
    assert value is not None
    return float(value)


def _rate(tables: duckdb.DuckDBPyConnection, where: str) -> float:
    return _one(tables, f"SELECT avg(target) FROM views WHERE {where}")


def test_the_tables_have_the_networks_columns_and_types(tables: duckdb.DuckDBPyConnection) -> None:
    described = {
        table: [row[:2] for row in tables.execute(f"DESCRIBE {table}").fetchall()]
        for table in ("user_data", "post_text_df", "feed_data")
    }
    assert described == {
        "user_data": [
            ("user_id", "INTEGER"),
            ("gender", "INTEGER"),
            ("age", "INTEGER"),
            ("country", "VARCHAR"),
            ("city", "VARCHAR"),
            ("exp_group", "INTEGER"),
            ("os", "VARCHAR"),
            ("source", "VARCHAR"),
        ],
        "post_text_df": [("post_id", "INTEGER"), ("text", "VARCHAR"), ("topic", "VARCHAR")],
        "feed_data": [
            ("timestamp", "TIMESTAMP"),
            ("user_id", "INTEGER"),
            ("post_id", "INTEGER"),
            ("action", "VARCHAR"),
            ("target", "INTEGER"),
        ],
    }


def test_ids_are_unique_and_have_gaps(tables: duckdb.DuckDBPyConnection) -> None:
    for table, column, first, left_out in (
        ("user_data", "user_id", 200, 0.031),
        ("post_text_df", "post_id", 1, 0.040),
    ):
        assert _one(tables, f"SELECT min({column}) FROM {table}") == first
        assert _one(tables, f"SELECT count(*) - count(DISTINCT {column}) FROM {table}") == 0
        share = _one(
            tables, f"SELECT 1 - count(*) / (max({column}) - min({column}) + 1) FROM {table}"
        )
        assert share == pytest.approx(left_out, abs=0.01)


@pytest.mark.parametrize(
    ("figure", "network", "tolerance"),
    [
        ("avg(gender)", 0.551, 0.03),
        ("avg(age)", 27.2, 0.6),
        ("stddev(age)", 10.2, 0.5),
        ("quantile_cont(age, 0.25)", 19, 1),
        ("median(age)", 24, 1),
        ("quantile_cont(age, 0.95)", 48, 2),
        ("avg((exp_group = 3)::INT)", 0.20, 0.02),
        ("avg((os = 'Android')::INT)", 0.649, 0.03),
        ("avg((source = 'ads')::INT)", 0.623, 0.001),
        ("avg((country = 'Russia')::INT)", 0.876, 0.02),
        ("avg((country = 'Ukraine')::INT)", 0.051, 0.015),
        ("avg((city = 'Moscow')::INT)", 0.134, 0.02),
        ("avg((city = 'Saint Petersburg')::INT)", 0.042, 0.012),
    ],
)
def test_readers_are_distributed_like_the_networks(
    tables: duckdb.DuckDBPyConnection, figure: str, network: float, tolerance: float
) -> None:
    value = _one(tables, f"SELECT {figure} FROM user_data")
    assert value == pytest.approx(network, abs=tolerance)


def test_advertisement_brought_the_readers_with_the_lower_ids(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    last_by_ads = _one(tables, "SELECT max(user_id) FROM user_data WHERE source = 'ads'")
    assert last_by_ads < _one(tables, "SELECT min(user_id) FROM user_data WHERE source <> 'ads'")


def test_topics_have_the_networks_shares_and_lengths(tables: duckdb.DuckDBPyConnection) -> None:
    network = {
        "business": (510, 1810),
        "entertainment": (386, 1554),
        "politics": (417, 2606),
        "sport": (510, 1628),
        "tech": (401, 2631),
        "covid": (1799, 139),
        "movie": (3000, 932),
    }
    found = tables.execute(
        "SELECT topic, count(*), median(length(text)) FROM post_text_df GROUP BY topic"
    ).fetchall()
    assert {topic for topic, _, _ in found} == set(network)
    for topic, posts, length in found:
        assert posts == pytest.approx(network[topic][0], abs=3)
        assert length == pytest.approx(network[topic][1], rel=0.05)


def test_some_posts_are_never_shown(tables: duckdb.DuckDBPyConnection) -> None:
    assert _one(tables, "SELECT count(*) - (SELECT count(DISTINCT post_id) FROM views) "
                        "FROM post_text_df") == 192  # fmt: skip


def test_readers_come_as_often_and_stay_as_long(tables: duckdb.DuckDBPyConnection) -> None:
    for figure, network, tolerance in (
        ("avg(views)", 392, 12),
        ("stddev(views)", 180, 8),
        ("avg(sessions)", 13.6, 0.4),
        ("stddev(sessions)", 6.1, 0.3),
    ):
        value = _one(
            tables,
            f"SELECT {figure} FROM (SELECT count(*) AS views, "
            "count(DISTINCT timestamp::DATE) AS sessions FROM views GROUP BY user_id)",
        )
        assert value == pytest.approx(network, abs=tolerance)
    sizes = "SELECT max(position) AS size FROM views GROUP BY user_id, timestamp::DATE"
    assert _one(tables, f"SELECT avg(size) FROM ({sizes})") == pytest.approx(28.8, abs=0.2)
    assert _one(tables, f"SELECT stddev(size) FROM ({sizes})") == pytest.approx(4.4, abs=0.2)


def test_views_follow_each_other_after_10_to_179_seconds(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    gaps = tables.execute("""
        SELECT min(gap), max(gap) FROM (
            SELECT epoch(timestamp - lag(timestamp) OVER (
                PARTITION BY user_id, timestamp::DATE ORDER BY timestamp)) AS gap FROM views)
    """).fetchone()
    assert gaps == (10, 179)


def test_every_liked_view_has_its_like_8_to_177_seconds_later(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    # A reader may like a post twice in a session, so likes and liked views are paired in order.
    delays = """
        WITH liked AS (
            SELECT *, row_number() OVER (PARTITION BY user_id, post_id ORDER BY timestamp) AS nth
            FROM views WHERE target = 1
        ),
        likes AS (
            SELECT *, row_number() OVER (PARTITION BY user_id, post_id ORDER BY timestamp) AS nth
            FROM feed_data WHERE action = 'like'
        )
        SELECT epoch(likes.timestamp - liked.timestamp) AS delay, likes.target
        FROM liked FULL JOIN likes USING (user_id, post_id, nth)
    """
    assert _one(tables, f"SELECT count(*) FROM ({delays}) WHERE delay IS NULL") == 0
    found = tables.execute(f"SELECT min(delay), max(delay), max(target) FROM ({delays})").fetchone()
    assert found == (8, 177, 0)


def test_the_feed_is_in_the_order_of_time_from_october_1st(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    backward = """
        SELECT count(*) FROM (
            SELECT timestamp < lag(timestamp) OVER (ORDER BY rowid) AS back FROM feed_data)
        WHERE back
    """
    assert _one(tables, backward) == 0
    span = tables.execute("SELECT min(timestamp)::DATE::VARCHAR, max(timestamp)::DATE::VARCHAR "
                          "FROM feed_data").fetchone()  # fmt: skip
    assert span == ("2021-10-01", "2021-12-29")


def test_nobody_reads_at_night(tables: duckdb.DuckDBPyConnection) -> None:
    hours = [hour for (hour,) in tables.execute(
        "SELECT DISTINCT hour(timestamp) FROM feed_data ORDER BY 1").fetchall()]  # fmt: skip
    assert hours == list(range(6, 24))


def test_some_pairs_of_reader_and_post_repeat(tables: duckdb.DuckDBPyConnection) -> None:
    repeated = _one(tables, "SELECT 1 - count(DISTINCT (user_id, post_id)) / count(*) FROM views")
    assert repeated == pytest.approx(0.045, abs=0.003)


def test_readers_like_as_much(tables: duckdb.DuckDBPyConnection) -> None:
    assert _rate(tables, "true") == pytest.approx(0.1195, rel=0.04)
    by_reader = "SELECT avg(target) AS rate FROM views GROUP BY user_id"
    assert _one(tables, f"SELECT stddev(rate) FROM ({by_reader})") == pytest.approx(0.054, rel=0.08)


def test_a_long_session_tires(tables: duckdb.DuckDBPyConnection) -> None:
    rates = [
        _rate(tables, f"position BETWEEN {first} AND {first + 4}") for first in (1, 6, 11, 16, 21)
    ]
    assert rates == sorted(rates, reverse=True)
    assert rates == pytest.approx([0.190, 0.178, 0.139, 0.081, 0.059], rel=0.08)


def test_the_like_rate_follows_the_calendar(tables: duckdb.DuckDBPyConnection) -> None:
    months = [_rate(tables, f"month(timestamp) = {month}") for month in (10, 11, 12)]
    assert months == pytest.approx([0.094, 0.125, 0.140], rel=0.06)
    morning, afternoon, evening = (
        _rate(tables, f"hour(timestamp) BETWEEN {first} AND {last}")
        for first, last in ((6, 7), (13, 18), (19, 22))
    )
    assert afternoon < morning < evening


@pytest.mark.parametrize(
    ("more", "less", "network"),
    [
        ("exp_group IN (1, 2)", "exp_group NOT IN (1, 2)", 0.19 / 0.13),
        ("gender = 1", "gender = 0", 0.167 / 0.144),
        ("country = 'Ukraine'", "country = 'Russia'", 0.216 / 0.149),
        ("topic = 'sport' AND age BETWEEN 18 AND 20",
         "topic = 'sport' AND age BETWEEN 31 AND 35", 0.21 / 0.11),
        ("topic = 'politics' AND age BETWEEN 18 AND 20",
         "topic = 'politics' AND age BETWEEN 31 AND 35", 0.20 / 0.13),
        ("topic = 'movie' AND age BETWEEN 31 AND 35",
         "topic = 'movie' AND age BETWEEN 18 AND 20", 0.22 / 0.15),
    ],
)  # fmt: skip
def test_readers_differ_in_how_much_they_like(
    tables: duckdb.DuckDBPyConnection, more: str, less: str, network: float
) -> None:
    assert _rate(tables, more) / _rate(tables, less) == pytest.approx(network, rel=0.12)


def test_readers_of_29_to_35_are_shown_fewer_films(tables: duckdb.DuckDBPyConnection) -> None:
    at_29_to_35 = "SELECT avg((topic = 'movie')::INT) FROM views WHERE age BETWEEN 29 AND 35"
    assert _one(tables, at_29_to_35) == pytest.approx(0.24, abs=0.01)
    at_other_ages = "SELECT avg((topic = 'movie')::INT) FROM views WHERE age NOT BETWEEN 29 AND 35"
    assert _one(tables, at_other_ages) == pytest.approx(0.39, abs=0.01)


def test_a_shorter_feed_has_fewer_sessions_and_ends_earlier(tmp_path: Path) -> None:
    written = demo_data.write(str(tmp_path / "week"), users=2_000, posts=200, days=9, seed=7)
    views = written.feed_data / 1.11 / 2_000
    assert views == pytest.approx(39.2, rel=0.1)
    with duckdb.connect() as connection:
        feed = connection.read_parquet(str(tmp_path / "week" / "feed_data.parquet"))
        assert feed.aggregate("max(timestamp)::DATE::VARCHAR").fetchall() == [("2021-10-09",)]
