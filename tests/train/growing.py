"""The small network some hours later: its tables with new rows in them."""

from pathlib import Path

import duckdb

from tests.train.tables import FILES

NEW_READER = 900_001
NEW_POST = 800_001

AN_HOUR = f"""
INSERT INTO user_data SELECT * REPLACE ({NEW_READER} AS user_id) FROM user_data LIMIT 1;
INSERT INTO post_text_df SELECT * REPLACE ({NEW_POST} + row_number() OVER () - 1 AS post_id)
FROM (FROM post_text_df ORDER BY post_id LIMIT 3);
INSERT INTO feed_data
SELECT last.moment + to_minutes(10 + f.place), f.user_id, {NEW_POST} + f.place % 2, 'view',
    (f.place % 3 > 0 OR f.user_id = {NEW_READER})::INTEGER
FROM (SELECT user_id, row_number() OVER (ORDER BY user_id) % 40 AS place FROM user_data) AS f,
    (SELECT max("timestamp") AS moment FROM feed_data) AS last
WHERE f.user_id % 3 = 0 OR f.user_id = {NEW_READER};
"""
"""Of three new posts two are seen by a third of the readers, most often with a like."""


def grown(source: Path, folder: Path, change: str = AN_HOUR) -> Path:
    """Copies of the tables in `source`, changed by some SQL."""
    folder.mkdir(parents=True)
    with duckdb.connect() as database:
        for name in FILES:
            database.execute(f"CREATE TABLE {name} AS FROM '{source / name}.parquet'")
        database.execute(change)
        for name in FILES:
            database.execute(f"COPY {name} TO '{folder / name}.parquet'")
    return folder
