"""The order of posts: that of the release's own graph, whatever is asked."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handler.recommender import Recommender
from tests.handler import small
from tests.handler.client import Client
from tests.handler.conftest import Small
from tests.support.recommender import reader_of, served_from
from tests.support.releases import Trained

HOUR = 3_600

# The fixtures are never changed, so one for all examples is right.
ANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
readers = st.integers(0, 1_000) | st.integers(-(2**63), 2**63 - 1)
small_readers = st.sampled_from(small.READERS) | st.integers(-(2**63), 2**63 - 1)
times = st.integers(0, 2**32)
posts = st.lists(st.sampled_from(small.POSTS) | st.integers(-(2**63), 2**63 - 1), max_size=60)


@pytest.fixture(scope="module")
def of_small(small_release: Small) -> Recommender:
    return served_from(small_release.store)


class FullScoring:
    """All posts of a release scored by its graph, read without the handler."""

    def __init__(self, trained: Trained) -> None:
        folder = trained.store / "releases" / trained.manifest.release
        catalogue = pq.read_table(folder / "posts.parquet").to_pydict()
        users = pq.read_table(folder / "users" / "00000.parquet").to_pydict()
        self.ids: list[int] = catalogue["post_id"]
        self._row = {post: row for row, post in enumerate(self.ids)}
        self._posts = np.array(catalogue["features"], np.float32)
        self._features = dict(zip(users["user_id"], users["features"], strict=True))
        self.liked = dict(zip(users["user_id"], users["liked"], strict=True))
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # more would add up the trees in another order
        self._graph = ort.InferenceSession(folder / "ranker.onnx", options)

    def best(self, chosen: set[int], reader: int, time: int) -> list[int]:
        """The posts, best first; equal ones in the order of the rows."""
        scores = self.scores(reader, time)
        return sorted(chosen, key=lambda post: (-scores[post], self._row[post]))

    @lru_cache(100)  # noqa: B019 - lives as long as the module's tests
    def scores(self, reader: int, time: int) -> dict[int, float]:
        """The score of each post, by its id."""
        unknown = [np.nan] * len(next(iter(self._features.values())))
        nothing = np.empty(0, np.int64)
        rows, scores = self._graph.run(
            ["rows", "scores"],
            {
                "reader": np.array([self._features.get(reader, unknown)], np.float32),
                "posts": self._posts,
                "time": np.array([time]),
                "candidates": nothing,
                "leave_out": nothing,
                "k": np.array([len(self.ids)]),
            },
        )
        return {self.ids[row]: score for row, score in zip(rows, scores.tolist(), strict=True)}


TrainedPair = tuple[Recommender, FullScoring]


@pytest.fixture(scope="module")
def trained_pair(trained: Trained) -> TrainedPair:
    recommender = served_from(trained.store)
    return recommender, FullScoring(trained)


def _ids(recommender: Recommender, rows: npt.NDArray[np.int64]) -> list[int]:
    ids: list[int] = recommender.posts.ids[rows].tolist()
    return ids


@ANY
@given(reader=readers, time=times, limit=st.integers(1, 100), data=st.data())
def test_a_feed_is_the_best_of_a_full_scoring(
    trained_pair: TrainedPair, reader: int, time: int, limit: int, data: st.DataObject
) -> None:
    recommender, full = trained_pair
    exclude = data.draw(st.lists(st.sampled_from(full.ids), max_size=300))
    scores = full.scores(reader, time)
    left_out = {*full.liked.get(reader, ()), *exclude}
    best = full.best({*scores} - left_out, reader, time)[:limit]
    found = recommender.recommend(reader_of(recommender, reader), time, limit, exclude)
    assert _ids(recommender, found.rows) == best
    assert found.scores.tolist() == [scores[post] for post in best]
    assert (found.source == "model") == (reader in full.liked)


@ANY
@given(reader=small_readers, hour=st.integers(0, 500_000), exclude=posts)
def test_a_feed_heeds_reader_hour_liked_and_excluded_posts(
    of_small: Recommender, reader: int, hour: int, exclude: list[int]
) -> None:
    found = of_small.recommend(reader_of(of_small, reader), hour * HOUR, 100, exclude)
    expected = small.feed(reader, hour % 24, exclude)
    assert _ids(of_small, found.rows) == expected
    assert found.scores.tolist() == [small.score(reader, hour % 24, post) for post in expected]
    assert (found.source == "model") == (reader in small.READERS)


@ANY
@given(reader=small_readers, time=times, limit=st.integers(1, 99))
def test_a_shorter_feed_is_the_beginning_of_a_longer_one(
    of_small: Recommender, reader: int, time: int, limit: int
) -> None:
    shorter = of_small.recommend(reader_of(of_small, reader), time, limit)
    longer = of_small.recommend(reader_of(of_small, reader), time, limit + 1)
    assert shorter.rows.tolist() == longer.rows[:limit].tolist()
    assert shorter.scores.tolist() == longer.scores[:limit].tolist()


@ANY
@given(reader=readers, time=times)
def test_rerank_of_all_posts_agrees_exactly_with_recommendations(
    trained_pair: TrainedPair, reader: int, time: int
) -> None:
    recommender, full = trained_pair
    ranked, unknown = recommender.rerank(reader_of(recommender, reader), time, full.ids)
    assert unknown == []
    scores = dict(zip(ranked.rows.tolist(), ranked.scores.tolist(), strict=True))
    assert len(scores) == len(full.ids)
    feed = recommender.recommend(reader_of(recommender, reader), time, 100)
    assert feed.scores.tolist() == [scores[row] for row in feed.rows.tolist()]
    best = feed.rows.tolist()
    assert best == [row for row in ranked.rows.tolist() if row in best]


@ANY
@given(reader=readers, time=times, data=st.data())
def test_rerank_of_some_posts_gives_exactly_the_scores_of_a_full_scoring(
    trained_pair: TrainedPair, reader: int, time: int, data: st.DataObject
) -> None:
    recommender, full = trained_pair
    given = data.draw(st.lists(st.sampled_from(full.ids), min_size=1, max_size=300))
    scores = full.scores(reader, time)
    ranked, unknown = recommender.rerank(reader_of(recommender, reader), time, given)
    best = full.best({*given}, reader, time)
    assert unknown == []
    assert _ids(recommender, ranked.rows) == best
    assert ranked.scores.tolist() == [scores[post] for post in best]


def test_equal_scores_come_in_the_order_of_the_rows(small_client: Client) -> None:
    answer = small_client.get("/v1/recommendations", id=1, time="2021-10-12T00:30:00", limit=100)
    found = answer.json()["recommendations"]
    assert {post["score"] for post in found} == {0}
    assert [post["id"] for post in found] == small.feed(1, 0)


def test_the_same_question_gets_the_same_answer(client: Client) -> None:
    question = "/v1/recommendations?id=203&time=2021-10-12T12:00:00&limit=100"
    assert client.get(question).content == client.get(question).content


def test_a_reader_who_has_liked_everything_gets_an_empty_feed(small_client: Client) -> None:
    reader = small.LIKED_EVERYTHING
    for call in ("/post/recommendations/", "/v1/recommendations"):
        answer = small_client.get(call, id=reader)
        assert answer.status_code == 200
        assert answer.json() == [] or answer.json()["recommendations"] == []


def test_a_feed_without_any_post_left_is_empty(client: Client, trained_pair: TrainedPair) -> None:
    everything = ",".join(map(str, trained_pair[1].ids))
    for reader in (203, 10**9):
        answer = client.get("/v1/recommendations", id=reader, exclude=everything)
        assert answer.status_code == 200
        assert answer.json()["recommendations"] == []


def test_a_feed_holds_what_is_left_where_that_is_less_than_asked(small_client: Client) -> None:
    left = small.feed(7, 12)[-2:]
    others = ",".join(str(post) for post in small.POSTS if post not in left)
    answer = small_client.get(
        "/v1/recommendations", id=7, time="2021-10-12T12:00:00", limit=100, exclude=others
    )
    assert [post["id"] for post in answer.json()["recommendations"]] == left
