"""Why a post is recommended: at most three reasons, the weightiest first, and all of them true."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts import layout
from handler.api import create_app
from handler.reasons import Situation, reasons_for
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client
from tests.support.releases import Trained

NOON = "2021-10-12T12:00:00"
OF_NOBODY = {"popular_topic", "popular", "new"}
TEXTS = {
    "liked_topic": "you have liked {topic} before",
    "peers_topic": "readers like you often like {topic}",
    "popular_topic": "readers often like {topic}",
    "liked_texts": "its text is like those of posts you have liked",
    "peers": "readers of your age like it more than others do",
    "popular": "readers like it more than most posts",
    "new": "it is new",
}

weights = st.lists(st.floats(-3, 3), min_size=len(layout.REASONS), max_size=len(layout.REASONS))
topics = st.sampled_from(["sport", "tech", "movie"])
situations = st.builds(
    Situation, known=st.booleans(), liked_topics=st.frozensets(topics), recent=st.booleans()
)


@settings(max_examples=500)
@given(weights, topics, situations)
def test_reasons_are_three_at_most_and_the_weightiest_first(
    raised: list[float], topic: str, situation: Situation
) -> None:
    reasons = reasons_for(raised, topic, situation)
    about = {
        **dict.fromkeys(("liked_topic", "peers_topic", "popular_topic"), "topic"),
        "liked_texts": "text", "peers": "peers", "popular": "popular", "new": "new",
    }  # fmt: skip
    weight = dict(zip(layout.REASONS, raised, strict=True))
    found = [weight[about[code]] for code, _ in reasons]
    assert len(reasons) <= 3
    assert found == sorted(found, reverse=True)
    assert all(by >= 0.02 for by in found)


@settings(max_examples=500)
@given(weights, topics, situations)
def test_nobody_is_told_what_is_not_true(
    raised: list[float], topic: str, situation: Situation
) -> None:
    codes = {code for code, _ in reasons_for(raised, topic, situation)}
    if topic not in situation.liked_topics:
        assert "liked_topic" not in codes
    if not situation.liked_topics:
        assert "liked_texts" not in codes
    if not situation.known and not situation.liked_topics:
        assert codes <= OF_NOBODY
    if not situation.recent:
        assert "new" not in codes


def explained(client: Client, reader: int, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/recommendations", id=reader, explain="true", **query)
    assert answer.status_code == 200
    posts: list[dict[str, Any]] = answer.json()["recommendations"]
    for post in posts:
        assert [*post] == ["id", "text", "topic", "score", "reasons"]
        for reason in post["reasons"]:
            text = TEXTS[reason["reason"]].format(topic=post["topic"])
            assert reason == {"reason": reason["reason"], "text": text}
    return posts


def codes_of(post: dict[str, Any]) -> list[str]:
    return [reason["reason"] for reason in post["reasons"]]


def topic_of(post: int) -> str:
    return ("sport", "tech")[post % 2]


@pytest.mark.parametrize("reader", [7, -6, 23])
def test_the_reasons_are_those_that_the_graph_says_raise_the_score(
    small_client: Client, reader: int
) -> None:
    liked = {topic_of(post) for post in small.liked(reader) if post in small.POSTS}
    for post in explained(small_client, reader, time=NOON, limit=100):
        of_topic = "liked_topic" if post["topic"] in liked else "peers_topic"
        quality, lateness = small.quality(post["id"]), small.lateness(post["id"])
        raised = {of_topic: quality, "liked_texts": 4, "peers": lateness, "new": 2}
        heaviest = sorted(raised.items(), key=lambda reason: -reason[1])[:3]
        found = codes_of(post)
        assert [raised[code] for code in found] == [weight for _, weight in heaviest if weight > 0]


def test_a_reader_whom_nobody_knows_is_told_of_others_alone(small_client: Client) -> None:
    for post in explained(small_client, 10**6, time=NOON, limit=100):
        assert {*codes_of(post)} - {"popular_topic"} == {"new"}
        assert ("popular_topic" in codes_of(post)) is (small.quality(post["id"]) > 0)


def test_what_was_new_to_the_release_is_new_for_a_week(small_client: Client) -> None:
    # The small release knows all until 2026-11-23.
    for time, is_new in (("2026-11-29T23:59:59", True), ("2026-11-30", False)):
        posts = explained(small_client, 10**6, time=time, limit=100)
        assert all(("new" in codes_of(post)) is is_new for post in posts)


@pytest.mark.parametrize("reader", [200, 203, 10**9])
def test_nothing_else_of_an_answer_changes(client: Client, reader: int) -> None:
    query = {"id": reader, "time": NOON, "limit": 100, "exclude": "1,2,3"}
    plain = client.get("/v1/recommendations", **query)
    assert client.get("/v1/recommendations", **query, explain="false").content == plain.content
    why = client.get("/v1/recommendations", **query, explain="true").json()
    for post in why["recommendations"]:
        del post["reasons"]
    assert why == plain.json()


def test_a_feed_without_posts_has_no_reasons(small_client: Client) -> None:
    assert explained(small_client, small.LIKED_EVERYTHING, time=NOON) == []


def test_a_question_for_reasons_that_is_neither_yes_nor_no_is_refused(client: Client) -> None:
    answer = client.get("/v1/recommendations", id=200, explain="maybe")
    said = "explain: Input should be a valid boolean, unable to interpret input, not 'maybe'"
    assert (answer.status_code, answer.json()) == (422, {"detail": said})


def test_a_release_made_before_there_were_reasons_gives_none(tmp_path: Path) -> None:
    old = small.RANKER.replace(" bool[1] explain = {0},", "").replace(
        "Cast <to = 7> (explain)", "Identity (first)"
    )
    small.put(tmp_path, {"ranker.onnx": small.graph(old)})
    with Client(create_app(Settings(store=str(tmp_path)))) as client:
        posts = explained(client, 7, time=NOON)
    assert len(posts) == 5
    assert all(post["reasons"] == [] for post in posts)


class Tables:
    """The tables of the trained release, read without the handler."""

    def __init__(self, trained: Trained) -> None:
        folder = trained.store / "releases" / trained.manifest.release
        features = trained.manifest.features
        posts = pq.read_table(folder / "posts.parquet").to_pydict()
        users = pq.read_table(folder / "users" / "00000.parquet").to_pydict()
        self.topic = dict(zip(posts["post_id"], posts["topic"], strict=True))
        self.posts = {
            post: dict(zip(features.post, row, strict=True))
            for post, row in zip(posts["post_id"], posts["features"], strict=True)
        }
        self.readers = {
            reader: dict(zip(features.reader, row, strict=True))
            for reader, row in zip(users["user_id"], users["features"], strict=True)
        }
        self.liked = dict(zip(users["user_id"], users["liked"], strict=True))
        self.typical_rate = np.median([post["post_like_rate"] for post in self.posts.values()])


def test_every_reason_is_borne_out_by_the_tables(client: Client, trained: Trained) -> None:
    tables = Tables(trained)
    told: dict[str, int] = defaultdict(int)
    for reader in [*tables.readers][::15]:
        row = tables.readers[reader]
        liked = {tables.topic[post] for post in tables.liked[reader]}
        band = next(name[3:] for name, value in row.items() if name[:3] == "in_" and value == 1)
        for post in explained(client, reader, time="2021-10-15", limit=20):
            features = tables.posts[post["id"]]
            rate = row[f"like_rate_{post['topic']}"]
            likes = features[f"likes_of_{band}"] - features["likes_of_everyone"]
            is_so = {
                "liked_topic": post["topic"] in liked and rate > row["reader_like_rate"],
                "peers_topic": post["topic"] not in liked and rate > row["reader_like_rate"],
                "liked_texts": bool(liked),
                "peers": likes > 0,
                "popular": features["post_like_rate"] > tables.typical_rate,
                "new": features["post_age"] <= 7,
            }
            for code in codes_of(post):
                assert is_so[code], (reader, post["id"], code)
                told[code] += 1
    assert {"liked_topic", "peers", "popular"} <= told.keys()


@pytest.mark.parametrize("reader", [10**9, -1])
def test_a_reader_whom_the_release_does_not_know_is_never_said_to_have_a_past(
    client: Client, reader: int
) -> None:
    posts = explained(client, reader, time="2021-10-15", limit=100)
    told = {code for post in posts for code in codes_of(post)}
    assert told
    assert told <= OF_NOBODY
