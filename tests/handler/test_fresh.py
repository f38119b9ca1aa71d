"""A share of the feed for fresh posts: bounded, exact, and only where it is set."""

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artifacts.manifest import ManifestDraft
from artifacts.moves import promote
from artifacts.publish import publish
from artifacts.release import open_release
from artifacts.stores import open_store
from handler.api import create_app
from handler.ranked import Ranked
from handler.recommender import Recommender
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client
from tests.handler.events import Event, function, http_event, rest_event
from tests.handler.test_fresh_rule import A_FIFTH, plain_feed, plain_places
from tests.support.recommender import reader_of, served_from
from tests.support.releases import Trained

HOUR = 3_600
NOON = "2021-10-12T12:00:00"
SHARES = [Fraction(share) for share in ("0", "0.05", "0.2", "0.333", "0.5")]
FRESH = {*small.POSTS[3::7], *sorted(small.POSTS, key=small.quality)[:6]}
"""Of the small release; some of them are the worst for whoever is fond of quality."""

ANY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
questions = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(small.READERS) | st.just(10**6),
        "time": st.integers(0, 23).map(lambda hour: hour * HOUR),
        "limit": st.integers(1, 100),
        "exclude": st.lists(st.sampled_from(small.POSTS), max_size=60),
    }
)


def _with_fresh(fresh: set[int]) -> dict[str, bytes]:
    column = pa.array([post in fresh for post in small.POSTS])
    return {"posts.parquet": small.parquet({**small.posts_columns(), "fresh": column})}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the small release, which tells the fresh posts."""
    made = tmp_path_factory.mktemp("fresh") / "store"
    small.put(made, _with_fresh(FRESH))
    return made


@pytest.fixture(scope="module")
def by_share(store: Path) -> dict[Fraction, Recommender]:
    """The small release with several shares."""
    return {share: served_from(store, share) for share in SHARES}


@ANY
@given(asked=questions, share=st.sampled_from(SHARES))
def test_a_feed_has_the_best_fresh_posts_at_their_places(
    by_share: dict[Fraction, Recommender], asked: dict[str, Any], share: Fraction
) -> None:
    recommender = by_share[share]
    reader, hour = asked["user_id"], asked["time"] // HOUR
    best = small.feed(reader, hour, asked["exclude"])
    fresh = [post for post in best if post in FRESH]
    expected = plain_feed(best, fresh, share)[: asked["limit"]]
    row = reader_of(recommender, asked["user_id"])
    found = recommender.recommend(row, asked["time"], asked["limit"], asked["exclude"])
    assert recommender.posts.ids[found.rows].tolist() == expected
    assert found.scores.tolist() == [small.score(reader, hour, post) for post in expected]
    assert (found.source == "model") == (reader in small.READERS)


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[Client]:
    with Client(create_app(Settings(str(store), fresh_share=A_FIFTH))) as made:
        yield made


def test_both_calls_answer_with_the_same_posts_and_the_usual_fields(client: Client) -> None:
    query = {"id": 7, "time": NOON, "limit": 10}
    best = small.feed(7, 12)
    expected = plain_feed(best, [post for post in best if post in FRESH], A_FIFTH)[:10]
    assert expected != best[:10]
    plain = client.get("/post/recommendations/", **query).json()
    scored = client.get("/v1/recommendations", **query).json()
    assert [post["id"] for post in plain] == expected
    assert [[*post] for post in plain] == [["id", "text", "topic"]] * 10
    assert [post["id"] for post in scored["recommendations"]] == expected
    assert [*scored] == ["user_id", "exp_group", "release", "source", "recommendations"]
    assert {(*post,) for post in scored["recommendations"]} == {("id", "text", "topic", "score")}


def test_reasons_are_each_post_s_own(client: Client) -> None:
    query = {"id": 7, "time": NOON, "limit": 30, "explain": "true"}
    posts = client.get("/v1/recommendations", **query).json()["recommendations"]
    scores = [post["score"] for post in posts]
    assert scores != sorted(scores, reverse=True)
    for post in posts:
        quality, lateness = small.quality(post["id"]), small.lateness(post["id"])
        weights = {"topic": quality, "liked_texts": 4, "peers": lateness, "new": 2}
        told = [why["reason"].replace("peers_topic", "topic") for why in post["reasons"]]
        raised = [weights[reason.replace("liked_topic", "topic")] for reason in told]
        assert raised == [weight for weight in sorted(weights.values())[:0:-1] if weight > 0]


def test_given_posts_are_put_in_order_by_score_alone(client: Client) -> None:
    body = {"user_id": 7, "time": NOON, "post_ids": small.POSTS}
    scores = [post["score"] for post in client.post("/v1/rerank", body).json()["posts"]]
    assert len(scores) == len(small.POSTS)
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("made", [rest_event, http_event], ids=["rest", "http"])
def test_the_function_answers_an_event_with_fresh_posts(
    store: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[..., Event]
) -> None:
    monkeypatch.setenv("ARTIFACT_STORE", str(store))
    monkeypatch.setenv("LENTA_FRESH_SHARE", "0.5")
    send = function(Settings.from_environment())
    answer = json.loads(send(made("/v1/recommendations", f"id=7&time={NOON}&limit=20"))["body"])
    best = small.feed(7, 12)
    fresh = [post for post in best if post in FRESH]
    expected = plain_feed(best, fresh, Fraction(1, 2))[:20]
    assert [post["id"] for post in answer["recommendations"]] == expected


@pytest.mark.parametrize(
    "changed", [{}, _with_fresh(set())], ids=["older release", "no fresh post"]
)
def test_without_fresh_posts_a_share_changes_nothing(
    tmp_path: Path, changed: dict[str, bytes]
) -> None:
    small.put(tmp_path, changed)
    made = [served_from(tmp_path, share) for share in SHARES[::2]]
    feeds = [one.recommend(reader_of(one, 7), HOUR, 40) for one in made]
    for feed in feeds[1:]:
        assert feed.rows.tolist() == feeds[0].rows.tolist()
        assert feed.scores.tolist() == feeds[0].scores.tolist()


def test_a_column_of_fresh_posts_that_is_none_is_refused(tmp_path: Path) -> None:
    numbers = {**small.posts_columns(), "fresh": pa.array([1] * len(small.POSTS))}
    small.put(tmp_path, {"posts.parquet": small.parquet(numbers)})
    with Client(create_app(Settings(str(tmp_path)))) as client:
        answer = client.get("/v1/recommendations?id=7")
    assert answer.status_code == 503
    assert "the column fresh is int64, but must be bool" in answer.json()["detail"]


@pytest.fixture(scope="module")
def trained_with_fresh(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the trained release, of which the least liked third is fresh."""
    release = open_release(open_store(str(trained.store)), trained.manifest.release)
    files = {file.path: release.read(file.path) for file in release.manifest.files}
    table = pq.read_table(pa.BufferReader(files["posts.parquet"]))
    fresh = pa.array(np.arange(len(table)) >= len(table) * 2 // 3)
    table = table.set_column(table.column_names.index("fresh"), "fresh", fresh)
    files["posts.parquet"] = small.parquet(dict(zip(table.column_names, table, strict=True)))
    described = {name: getattr(release.manifest, name) for name in ManifestDraft.model_fields}
    store = tmp_path_factory.mktemp("trained") / "store"
    opened = open_store(str(store))
    promote(opened, publish(opened, ManifestDraft(**described), files.items()).release)
    return store


def test_a_trained_model_ranks_fresh_posts_as_it_ranks_all(trained_with_fresh: Path) -> None:
    plain = served_from(trained_with_fresh, Fraction(0))
    mixing = served_from(trained_with_fresh, A_FIFTH)
    is_fresh = {*mixing.posts.fresh.tolist()}
    time = 1_634_212_800
    for reader in (reader_of(plain, user_id) for user_id in (200, 203, 777, 10**9)):
        ranked, _ = plain.rerank(reader, time, plain.posts.ids.tolist())
        score = dict(zip(ranked.rows.tolist(), ranked.scores.tolist(), strict=True))
        best = plain.recommend(reader, time, 20).rows.tolist()
        left_out = plain.posts.ids[best[:3]].tolist()
        feed = mixing.recommend(reader, time, 20, left_out)
        rows = feed.rows.tolist()
        assert feed.scores.tolist() == [score[row] for row in rows]
        assert not {*rows} & {*best[:3]}
        at = [rows[place - 1] for place in plain_places(20, A_FIFTH)]
        assert {*at} <= is_fresh
        assert all(score[one] >= score[other] for one, other in pairwise(at))
        reasons = mixing.explain(reader, time, feed)
        alone = [mixing.explain(reader, time, _part(feed, place)) for place in range(20)]
        assert reasons == [only for (only,) in alone]


def _part(feed: Ranked, place: int) -> Ranked:
    part = slice(place, place + 1)
    return Ranked(feed.rows[part], feed.scores[part], feed.source)
