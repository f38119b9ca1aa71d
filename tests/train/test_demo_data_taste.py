"""The oracle behind the generated feed, and the feed's independence of how it is cut."""

from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train import demo_data
from train.demo_data import packing
from train.demo_data.catalogue import draw_catalogue
from train.demo_data.feed import draw_feed
from train.demo_data.oracle import Oracle
from train.demo_data.plan import Plan
from train.demo_data.population import draw_readers, user_ids
from train.demo_data.spill import DaySpill
from train.demo_data.taste import TOPICS, like_probability


def test_the_oracle_knows_how_often_readers_who_are_not_tired_like(tmp_path: Path) -> None:
    demo_data.write(str(tmp_path / "demo"), users=3_000, posts=500, days=30, seed=3)
    oracle = Oracle(users=3_000, posts=500, seed=3)
    with duckdb.connect() as connection:
        views = connection.execute(f"""
            SELECT user_id, post_id, timestamp, target FROM '{tmp_path}/demo/feed_data.parquet'
            WHERE action = 'view'
            QUALIFY 3 >= row_number() OVER (
                PARTITION BY user_id, timestamp::DATE ORDER BY timestamp)
        """).fetchnumpy()
    user_id, post_id, timestamp, target = (np.asarray(column) for column in views.values())
    told = oracle.like_probability(user_id, post_id, timestamp)
    for low, high in ((0.0, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 1.0)):
        chosen = (told >= low) & (told < high)
        expected, found = told[chosen].mean(), target[chosen].mean()
        error = np.sqrt(expected * (1 - expected) / chosen.sum())
        # Three posts into a session a reader already likes 3% less.
        assert found == pytest.approx(expected * 0.985, abs=4 * error)


def test_the_oracle_answers_for_readers_times_posts() -> None:
    plan = Plan(users=50, posts=40, days=1, seed=3)
    readers, posts = user_ids(plan)[:4], draw_catalogue(plan).post_id[::8]
    oracle = Oracle(users=50, posts=40, seed=3)
    time = np.datetime64("2021-12-24T20:00:00")
    table = oracle.like_probability(readers[:, None], posts[None, :], np.array(time))
    assert table.shape == (4, 5)
    assert table[2, 3] == oracle.like_probability(readers[2:3], posts[3:4], np.array([time]))[0]


def test_the_oracle_of_ages_likes_one_post_more_than_another_as_all_of_that_age_do() -> None:
    plan = Plan(users=1_000, posts=500, days=1, seed=3)
    catalogue = draw_catalogue(plan)
    posts = catalogue.post_id[[0, 300]]
    [cohort] = plan.cohorts()
    age = draw_readers(plan, cohort, catalogue.axes).age

    def spread_within_ages(oracle: Oracle) -> float:
        time = np.array("2021-10-03T12:00:00", "M8[s]")
        told = oracle.like_probability(user_ids(plan)[:, None], posts[None, :], time)
        more = np.log(np.log1p(-told[:, 0]) / np.log1p(-told[:, 1]))
        return max(float(np.ptp(more[age == of])) for of in np.unique(age))

    knows_all = Oracle(users=1_000, posts=500, seed=3)
    knows_ages = Oracle(users=1_000, posts=500, seed=3, knows_readers=False)
    assert spread_within_ages(knows_ages) < 1e-3
    assert spread_within_ages(knows_all) > 0.3


def test_the_oracle_refuses_a_reader_it_does_not_know() -> None:
    oracle = Oracle(users=50, posts=40, seed=3)
    with pytest.raises(demo_data.DemoDataError, match=r"2 reader ids are in no table.*first is 3"):
        oracle.like_probability(
            np.array([3, 200, 4]), np.array([1]), np.array("2021-10-01", "M8[s]")
        )


@given(st.floats(-40, 5))
def test_a_like_probability_is_a_probability(log_intensity: float) -> None:
    probability = like_probability(np.array([log_intensity], np.float32))
    assert 0 <= probability[0] <= 1


seconds = st.integers(0, 86_399)
rows = st.tuples(
    seconds,
    st.integers(0, packing.MAX_READERS - 1),
    st.integers(0, packing.MAX_POSTS - 1),
    st.integers(0, 2),
)


@given(st.lists(rows, min_size=1))
def test_packed_rows_come_back_and_sort_by_time(given_rows: list[tuple[int, ...]]) -> None:
    packed = packing.pack(*np.array(given_rows).T)
    packed.sort()
    found = np.stack(packing.unpack(packed), axis=1)
    assert [tuple(row) for row in found.tolist()] == sorted(given_rows)


def test_the_feed_does_not_depend_on_which_readers_are_drawn_first(tmp_path: Path) -> None:
    plan = Plan(users=4_500, posts=100, days=3, seed=5)
    catalogue = draw_catalogue(plan)
    feeds = []
    for name, cohorts in (("on", list(plan.cohorts())), ("back", list(plan.cohorts())[::-1])):
        (tmp_path / name).mkdir()
        spill = DaySpill(tmp_path / name)
        for cohort in cohorts:
            readers = draw_readers(plan, cohort, catalogue.axes)
            for day, packed in draw_feed(plan, cohort, readers, catalogue):
                spill.add(day, packed)
        feeds.append([spill.take(day) for day in range(plan.days)])
    assert all(np.array_equal(*days) for days in zip(*feeds, strict=True))
    assert all(len(day) > 10_000 for day in feeds[0])


@given(st.integers(len(TOPICS), 3_000), st.integers(0, 100))
def test_every_topic_has_a_post_that_is_shown(posts: int, seed: int) -> None:
    catalogue = draw_catalogue(Plan(users=1, posts=posts, days=1, seed=seed))
    assert len(catalogue.post_id) == posts
    shown = np.bincount(catalogue.topic, weights=catalogue.shown, minlength=len(TOPICS))
    assert shown == pytest.approx(np.ones(len(TOPICS)))
