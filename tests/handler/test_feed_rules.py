"""What holds for every feed and every order, whatever the release and the question."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handler.api import create_app
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client
from tests.support.releases import Trained

INT64 = st.integers(-(2**63), 2**63 - 1)
TIMES = st.integers(0, 2**34)
QUESTIONS = 5
"""Of each release that is drawn, for a release takes longer than its answers."""


@dataclass(frozen=True)
class Served:
    """What a release holds, read without the handler, and who answers from it."""

    client: Client
    posts: list[int]
    liked: dict[int, list[int]]


def served(store: Path) -> Served:
    """The one release of the store."""
    (folder,) = (store / "releases").iterdir()
    shards = [pq.read_table(path).to_pydict() for path in sorted(folder.glob("users/*.parquet"))]
    likes = chain.from_iterable(
        zip(shard["user_id"], shard["liked"], strict=True) for shard in shards
    )
    posts = pq.read_table(folder / "posts.parquet").column("post_id").to_pylist()
    return Served(Client(create_app(Settings(str(store)))), posts, dict(likes))


@dataclass(frozen=True)
class Question:
    """Who asks, for when, and which posts are named."""

    reader: int
    time: int
    limit: int
    named: list[int]

    def feed(self, of: Served, limit: int) -> list[tuple[int, float]]:
        exclude = ",".join(map(str, self.named))
        answer = of.client.get(
            "/v1/recommendations", id=self.reader, time=self.time, limit=limit, exclude=exclude
        )
        assert answer.status_code == 200, answer.text
        return [(post["id"], post["score"]) for post in answer.json()["recommendations"]]

    def order(self, of: Served) -> dict[str, Any]:
        body = {"user_id": self.reader, "time": self.time, "post_ids": self.named}
        answer = of.client.post("/v1/rerank", body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def question(data: st.DataObject, of: Served) -> Question:
    """By a known reader or a stranger; most posts that are named are the release's."""
    known = st.sampled_from(of.posts)
    named = st.lists(known | INT64, max_size=60) | st.permutations(of.posts)
    some = data.draw(named) or [data.draw(INT64)]
    return Question(
        data.draw(st.sampled_from(sorted(of.liked)) | INT64),
        data.draw(TIMES),
        data.draw(st.integers(1, 99)),
        some[: data.draw(st.integers(1, len(some)))],
    )


def check_feed(of: Served, asked: Question) -> None:
    found = asked.feed(of, asked.limit)
    posts, scores = [post for post, _ in found], [score for _, score in found]
    eligible = {*of.posts} - {*of.liked.get(asked.reader, ())} - {*asked.named}
    assert len({*posts}) == len(posts) == min(asked.limit, len(eligible))
    assert {*posts} <= eligible
    assert scores == sorted(scores, reverse=True)
    assert asked.feed(of, asked.limit) == found
    assert asked.feed(of, asked.limit + 1)[: asked.limit] == found
    if len(eligible) <= asked.limit + 1:
        assert {post for post, _ in asked.feed(of, asked.limit + 1)} == eligible


def check_order(of: Served, asked: Question) -> None:
    answer = asked.order(of)
    posts = [post["id"] for post in answer["posts"]]
    scores = [post["score"] for post in answer["posts"]]
    assert sorted(posts) == sorted({*of.posts} & {*asked.named})
    assert scores == sorted(scores, reverse=True)
    assert answer["unknown_post_ids"] == sorted({*asked.named} - {*of.posts})
    assert asked.order(of) == answer
    turned = Question(asked.reader, asked.time, asked.limit, asked.named[::-1])
    assert turned.order(of) == answer


@st.composite
def releases(draw: st.DrawFn) -> dict[str, bytes]:
    """Files of a release of the small one's features: equal scores, gaps, no readers, one post."""
    posts = draw(st.lists(INT64, min_size=1, max_size=120, unique=True))
    numbers = st.integers(-3, 3) | st.floats(-1e3, 1e3, width=32)
    features = [(draw(numbers), draw(numbers)) for _ in posts]
    readers = draw(st.lists(st.integers(-50, 50) | INT64, max_size=8, unique=True))
    liked = st.lists(st.sampled_from(posts) | INT64, max_size=130)
    described = {reader: (draw(numbers), draw(liked)) for reader in sorted(readers)}
    files = {
        "posts.parquet": {
            "post_id": pa.array(posts, pa.int64()),
            "text": pa.array(["" for _ in posts]),
            "topic": pa.array(["tech" for _ in posts]),
            "features": small.rows(features, 2),
        }
    }
    for shard in range(small.SHARDS):
        mine = {reader: d for reader, d in described.items() if reader % small.SHARDS == shard}
        files[f"users/{shard:05d}.parquet"] = {
            "user_id": pa.array(mine, pa.int64()),
            "features": small.rows([[fondness] for fondness, _ in mine.values()], 1),
            "liked": pa.array([likes for _, likes in mine.values()], pa.list_(pa.int64())),
        }
    return {path: small.parquet(columns) for path, columns in files.items()}


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(files=releases(), data=st.data())
def test_every_feed_and_order_of_any_release_keeps_the_rules(
    files: dict[str, bytes], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        small.put(store, files)
        of = served(store)
        if not of.liked:
            of.liked[0] = []
        with of.client:
            for _ in range(QUESTIONS):
                asked = question(data, of)
                check_feed(of, asked)
                check_order(of, asked)


@pytest.fixture(scope="module")
def of_trained(trained: Trained) -> Iterator[Served]:
    of = served(trained.store)
    with of.client:
        yield of


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_feed_and_order_of_a_trained_release_keeps_the_rules(
    of_trained: Served, data: st.DataObject
) -> None:
    asked = question(data, of_trained)
    check_feed(of_trained, asked)
    check_order(of_trained, asked)
