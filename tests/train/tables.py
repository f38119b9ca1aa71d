"""Small tables of a network, written by hand, to be spoiled one at a time."""

from collections.abc import Callable
from pathlib import Path

import duckdb

FILES = ("user_data", "post_text_df", "feed_data")

_TABLES = """
CREATE TABLE user_data AS
SELECT i AS user_id, i % 2 AS gender, 15 + i % 40 AS age, 'Russia' AS country, 'Moscow' AS city,
    i % 5 AS exp_group, 'iOS' AS os, 'ads' AS source, 'extra' AS unused
FROM range(1, 41) AS t(i);
CREATE TABLE post_text_df AS
SELECT i AS post_id, 'text of post ' || i || ' about thing ' || i % 7 AS text,
    CASE i % 3 WHEN 0 THEN 'sport' WHEN 1 THEN 'movie' ELSE 'tech' END AS topic
FROM range(1, 31) AS t(i);
CREATE TABLE feed_data AS
SELECT
    TIMESTAMP '2021-10-01 10:00:00' + to_days(day::INTEGER) + to_minutes(reader::INTEGER)
        + to_seconds((60 * step)::INTEGER) AS "timestamp",
    reader AS user_id,
    1 + (reader * 7 + day * 11 + step * 3) % 30 AS post_id,
    'view' AS action,
    ((reader + day * 3 + step * 5) % 6 = 0)::INTEGER AS target
FROM range(1, 41) AS r(reader), range(0, 8) AS d(day), range(0, 6) AS s(step);
"""


def write_tables(folder: Path, spoil: str = "", end: str = "parquet") -> Path:
    """Write the three tables as files after running `spoil`, SQL that changes them."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as database:
        database.execute(_TABLES)
        if spoil:
            database.execute(spoil)
        there = {row[0] for row in database.execute("SHOW TABLES").fetchall()}
        for name in FILES:
            if name in there:
                database.execute(f"COPY {name} TO '{folder / name}.{end}'")
    return folder


Spoiled = Callable[[str], Path]
