"""A post is fresh until it has had thirty views by the cut-off."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.releases import Trained
from tests.train.tables import write_tables
from tests.train.test_features import made_from
from train.export.tables import post_files
from train.features.rows import rows_to_serve

VIEWS = """
INSERT INTO post_text_df SELECT i, 'text of new post ' || i, 'tech' FROM range(101, 106) AS t(i);
DELETE FROM feed_data WHERE post_id = 1;
INSERT INTO feed_data
SELECT TIMESTAMP '2021-10-02 12:00:00' + to_minutes(i), i, 101, 'view', 0 FROM range(1, 30) AS t(i)
UNION ALL
SELECT TIMESTAMP '2021-10-02 13:00:00' + to_minutes(i), i, 102, 'view', 0 FROM range(1, 31) AS t(i)
UNION ALL -- the last of thirty at the end of the last day
SELECT TIMESTAMP '2021-10-02 14:00:00' + to_minutes(i), i, 103, 'view', 0 FROM range(1, 30) AS t(i)
UNION ALL
SELECT TIMESTAMP '2021-10-08 23:59:59', 30, 103, 'view', 1
UNION ALL -- likes are no views
SELECT TIMESTAMP '2021-10-02 15:00:00' + to_minutes(i), i, 104, 'view', 1 FROM range(1, 20) AS t(i)
UNION ALL
SELECT TIMESTAMP '2021-10-02 15:00:30' + to_minutes(i), i, 104, 'like', 0 FROM range(1, 20) AS t(i)
UNION ALL -- nobody knows this reader
SELECT TIMESTAMP '2021-10-02 16:00:00' + to_minutes(i), 999, 105, 'view', 0
FROM range(1, 99) AS t(i);
"""


@pytest.fixture(scope="module")
def is_fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[int, bool]:
    folder = tmp_path_factory.mktemp("fresh")
    warehouse, features = made_from(write_tables(folder / "source", VIEWS), folder / "work")
    rows = rows_to_serve(warehouse, "post", features.schema)
    files = dict(post_files(warehouse, rows, None, None))
    table = pq.read_table(pa.BufferReader(files["posts.parquet"]))
    assert table.schema.field("fresh").type == pa.bool_()
    assert table["post_id"].to_pylist() == rows.ids.tolist()
    return dict(zip(table["post_id"].to_pylist(), table["fresh"].to_pylist(), strict=True))


def test_thirty_views_make_a_post_known(is_fresh: dict[int, bool]) -> None:
    assert is_fresh[101]
    assert not is_fresh[102]


def test_views_of_the_last_day_count(is_fresh: dict[int, bool]) -> None:
    assert not is_fresh[103]


def test_likes_and_what_was_dropped_are_no_views(is_fresh: dict[int, bool]) -> None:
    assert is_fresh[104]
    assert is_fresh[105]


def test_a_post_that_nobody_has_seen_is_fresh(is_fresh: dict[int, bool]) -> None:
    assert is_fresh[1]
    assert sum(is_fresh.values()) == 4


def test_a_release_tells_its_fresh_posts(trained: Trained) -> None:
    path = Path("releases") / trained.manifest.release / "posts.parquet"
    table = pq.read_table(trained.store / path)
    with duckdb.connect() as database:
        counted = database.execute(
            f"SELECT post_id, count(*) FROM '{trained.source}/feed_data.parquet' "
            "WHERE action = 'view' GROUP BY ALL"
        ).fetchall()
    views = dict(counted)
    few = [views.get(post, 0) < 30 for post in table["post_id"].to_pylist()]
    assert table["fresh"].to_pylist() == few
    assert 0 < sum(few) < len(few)
