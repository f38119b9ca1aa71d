"""A row of features knows the days before it, and nothing of that day or later."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.train.tables import write_tables
from train.features.build import build_features
from train.features.rows import Features, rows_to_serve
from train.features.text import DIMENSIONS, UNIT, fit_text
from train.source.checks import clean_tables
from train.source.read import read_source
from train.source.tables import TableNames
from train.warehouse import Warehouse

Made = tuple[Warehouse, Features]


def made_from(source: Path, work: Path, most_pairs: int = 10**9) -> Made:
    warehouse = Warehouse(work)
    read_source(warehouse, str(source), TableNames(), "UTC", lambda _done, _expected: None)
    clean_tables(warehouse, TableNames(), "UTC", datetime(2021, 12, 1))
    return warehouse, build_features(warehouse, most_pairs, seed=1)


@pytest.fixture(scope="module")
def make(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Path], Made]:
    return lambda source: made_from(source, tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def made(demo_source: Path, make: Callable[[Path], Made]) -> Made:
    return make(demo_source)


def rows_before(made: Made, day: date) -> bytes:
    """All that is known of the impressions before `day`, as bytes."""
    features = made[1]
    pairs = features.pairs
    early = pairs["day"] < np.datetime64(day)
    return b"".join(
        [
            *(pairs[name][early].tobytes() for name in ("user_id", "time", "liked")),
            features.readers[pairs["reader_row"][early]].tobytes(),
            features.posts[pairs["post_row"][early]].tobytes(),
        ]
    )


CUT = date(2021, 10, 7)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("DELETE FROM feed_data WHERE {later}", id="removed"),
        pytest.param("UPDATE feed_data SET target = 1 - target WHERE {later}", id="likes turned"),
        pytest.param(
            "UPDATE feed_data SET post_id = (SELECT max(post_id) FROM post_text_df) WHERE {later}",
            id="other posts",
        ),
        pytest.param(
            'INSERT INTO feed_data SELECT * REPLACE ("timestamp" + INTERVAL 1 MINUTE '
            'AS "timestamp", 1 AS target) FROM feed_data WHERE {later}',
            id="more of them",
        ),
    ],
)
def test_whatever_happens_later_leaves_the_rows_as_they_were(
    made: Made, make: Callable[[Path], Made], demo_source: Path, tmp_path: Path, change: str
) -> None:
    # The day of the cut itself changes too: a row must not know its own day.
    later = f"\"timestamp\" >= '{CUT}' AND \"timestamp\" < '2021-10-12'"
    changed = tmp_path / "changed"
    changed.mkdir()
    with duckdb.connect() as database:
        for name in ("user_data", "post_text_df", "feed_data"):
            database.execute(f"CREATE TABLE {name} AS FROM '{demo_source / name}.parquet'")
        database.execute(change.format(later=later))
        for name in ("user_data", "post_text_df", "feed_data"):
            database.execute(f"COPY {name} TO '{changed / name}.parquet'")
    other = make(changed)
    assert rows_before(other, CUT) == rows_before(made, CUT)
    assert rows_before(other, date(2021, 10, 13)) != rows_before(made, date(2021, 10, 13))


def test_the_order_of_rows_in_the_tables_and_the_threads_do_not_matter(
    made: Made, make: Callable[[Path], Made], demo_source: Path, tmp_path: Path
) -> None:
    shuffled = tmp_path / "shuffled"
    shuffled.mkdir()
    with duckdb.connect(config={"threads": 1}) as database:
        for name in ("user_data", "post_text_df", "feed_data"):
            database.execute(
                f"COPY (FROM '{demo_source / name}.parquet' AS t ORDER BY md5(t::VARCHAR)) "
                f"TO '{shuffled / name}.parquet'"
            )
    other = make(shuffled)
    end = date(2021, 12, 1)
    assert rows_before(other, end) == rows_before(made, end)
    for kind in ("reader", "post"):
        mine, theirs = (rows_to_serve(w, kind, f.schema) for w, f in (made, other))
        assert mine.ids.tobytes() == theirs.ids.tobytes()
        assert mine.features.tobytes() == theirs.features.tobytes()


def test_whole_readers_are_sampled_and_their_rows_stay_the_same(
    made: Made, demo_source: Path, tmp_path: Path
) -> None:
    everything = made[1].pairs
    sample = made_from(demo_source, tmp_path / "work", len(everything["time"]) // 3)[1]
    readers = np.unique(sample.pairs["user_id"])
    assert 0.2 < len(readers) / len(np.unique(everything["user_id"])) < 0.5
    same = np.isin(everything["user_id"], readers)
    assert np.array_equal(sample.pairs["time"], everything["time"][same])
    full = made[1].readers[everything["reader_row"][same]]
    assert np.array_equal(sample.readers[sample.pairs["reader_row"]], full, equal_nan=True)


def test_a_row_holds_what_a_plain_count_of_the_days_before_gives(
    made: Made, demo_source: Path
) -> None:
    _, features = made
    feed = pd.read_parquet(demo_source / "feed_data.parquet")
    feed = feed[feed["action"] == "view"]
    topics = pd.read_parquet(demo_source / "post_text_df.parquet").set_index("post_id")["topic"]
    feed = feed.assign(topic=feed["post_id"].map(topics), day=feed["timestamp"].dt.date)
    reader_at, post_at = (
        {name: place for place, name in enumerate(names)}
        for names in (features.schema.reader, features.schema.post)
    )
    generator = np.random.default_rng(2)
    for pair in generator.choice(len(features.pairs["time"]), 40, replace=False):
        day = features.pairs["day"][pair].astype("datetime64[D]").item()
        before = feed[feed["day"] < day]
        mine = before[before["user_id"] == features.pairs["user_id"][pair]]
        reader = features.readers[features.pairs["reader_row"][pair]]
        assert reader[reader_at["reader_views"]] == pytest.approx(np.log1p(len(mine)), abs=1e-6)
        peers = reader[reader_at["peer_like_rate"]]
        rate = (mine["target"].sum() + 40 * peers) / (len(mine) + 40)
        assert reader[reader_at["reader_like_rate"]] == pytest.approx(rate, rel=1e-5)

        post_id = features.pairs["post_id"][pair]
        post = features.posts[features.pairs["post_row"][pair]]
        shown = before[before["post_id"] == post_id]
        age = (day - shown["day"].min()).days if len(shown) else 0
        assert post[post_at["post_age"]] == age
        assert features.schema.topics[int(post[post_at["topic"]])] == topics[post_id]
        everyone = (before["target"].sum() + 100 * 0.1) / (len(before) + 100)
        alike = before[before["topic"] == topics[post_id]]
        of_topic = (alike["target"].sum() + 400 * everyone) / (len(alike) + 400)
        of_post = (shown["target"].sum() + 300 * of_topic) / (len(shown) + 300)
        assert post[post_at["post_like_rate"]] == pytest.approx(of_post, rel=1e-5)


def test_a_reader_s_taste_points_to_the_texts_they_like(made: Made) -> None:
    warehouse, features = made
    taste = features.schema.reader.index("taste_0")
    text = features.schema.post.index("text_0")
    pairs = features.pairs
    latest = pairs["day"] == pairs["day"].max()
    taste_rows = features.readers[pairs["reader_row"][latest], taste : taste + DIMENSIONS]
    texts = features.posts[pairs["post_row"][latest], text : text + DIMENSIONS]
    affinity = (taste_rows * texts).sum(axis=1)
    liked = pairs["liked"][latest]
    assert affinity[liked].mean() > affinity[~liked].mean()
    assert warehouse.query("SELECT count(*) FROM reader_rows WHERE features IS NULL") == [(0,)]


def test_every_reader_and_post_is_served_also_those_never_seen(made: Made) -> None:
    warehouse, features = made
    readers, posts = (
        rows_to_serve(warehouse, kind, features.schema) for kind in ("reader", "post")
    )
    assert [(len(readers.ids), len(posts.ids))] == warehouse.query(
        "SELECT (SELECT count(*) FROM readers), (SELECT count(*) FROM posts)"
    )
    assert not np.isnan(readers.features).any()
    assert not np.isnan(posts.features).any()
    assert not np.isnan(features.unknown_reader).any()


def test_a_visit_is_without_a_pause_and_within_a_day(made: Made) -> None:
    views = pd.DataFrame(made[0].arrays("FROM views ORDER BY user_id, moment, post_id, liked"))
    for _, visit in views.groupby(["user_id", "started"]):
        assert (visit["moment"].diff().dropna() <= timedelta(minutes=30)).all()
        assert visit["day"].nunique() == 1
        assert (visit["started"] == visit["moment"].min()).all()


def test_nothing_tells_one_place_in_a_visit_from_another(made: Made) -> None:
    """What is served is one list for one moment: time, reader and posts as they were known then."""
    pairs = made[1].pairs
    shown = pd.DataFrame({name: pairs[name] for name in ("user_id", "time", "day")})
    shown["reader_row"] = pairs["reader_row"]
    visits = shown.groupby(["user_id", "time"])
    assert (visits.nunique() == 1).all(axis=None)
    # Nor does the order in which they come.
    order = pd.Series(pairs["post_id"]).groupby([shown["user_id"], shown["time"]])
    assert order.is_monotonic_increasing.all()


def test_the_first_half_of_a_visit_is_early(made: Made) -> None:
    views = pd.DataFrame(made[0].arrays("FROM views ORDER BY user_id, moment, post_id, liked"))
    for _, visit in views.groupby(["user_id", "started"]):
        half = len(visit) // 2
        assert visit["is_early"].tolist() == [True] * half + [False] * (len(visit) - half)


def test_profiles_may_have_holes(tmp_path: Path, make: Callable[[Path], Made]) -> None:
    spoil = "UPDATE user_data SET age = NULL, country = NULL, os = NULL WHERE user_id % 3 = 0"
    warehouse, features = make(write_tables(tmp_path / "s", spoil))
    readers = rows_to_serve(warehouse, "reader", features.schema)
    age = readers.features[:, features.schema.reader.index("age")]
    assert np.isnan(age).sum() == 13
    rate = readers.features[:, features.schema.reader.index("reader_like_rate")]
    assert ((rate > 0) & (rate < 1)).all()


def test_text_vectors_are_of_unit_length_alike_for_like_texts_and_seeded() -> None:
    sport = [f"the match ended {i} to {j} after extra time" for i in range(5) for j in range(5)]
    money = [f"shares of bank {i} rose by {j} percent today" for i in range(5) for j in range(5)]
    vectors = fit_text(sport + money, seed=1).vectors(sport + money)
    assert vectors.shape == (50, DIMENSIONS)
    assert np.array_equal(vectors, fit_text(sport + money, seed=1).vectors(sport + money))
    unit = vectors * UNIT
    assert np.linalg.norm(unit, axis=1) == pytest.approx(1, abs=1e-4)
    cosine = unit @ unit.T
    assert cosine[:25, :25].mean() > 0.3 > cosine[:25, 25:].mean()


@pytest.mark.parametrize("texts", [["", ""], ["a b c"], ["one"], ["same words", "same words"]])
def test_texts_that_tell_nothing_get_vectors_all_the_same(texts: list[str]) -> None:
    vectors = fit_text(texts, seed=1).vectors(texts)
    assert vectors.shape == (len(texts), DIMENSIONS)
