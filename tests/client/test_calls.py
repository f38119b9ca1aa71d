"""The client's calls against the API as it is served."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handler.serving import RETRY_SECONDS
from lenta_client import (
    ForbiddenError,
    InvalidCallError,
    Lenta,
    NoAnswerError,
    UnauthorizedError,
    UnavailableError,
)
from tests.client.conftest import Answer, Scripted, Serve, Served
from tests.handler import small
from tools.postgres import free_port

pytestmark = pytest.mark.slow

NOON = datetime(2021, 10, 30, 12)
READER = 7


@pytest.fixture(scope="module")
def lenta(api: Served) -> Iterator[Lenta]:
    with Lenta(api.url) as made:
        yield made


def test_a_feed_is_that_of_the_release(lenta: Lenta) -> None:
    best = small.feed(READER, 12)
    feed = lenta.recommendations(READER, time=NOON, limit=3)
    assert (feed.user_id, feed.exp_group, feed.source) == (READER, "control", "model")
    assert [(post.id, post.score) for post in feed.recommendations] == [
        (post, small.score(READER, 12, post)) for post in best[:3]
    ]
    assert feed.recommendations[0].text == f"Пост № {best[0]}"
    assert feed.recommendations[0].reasons == ()
    assert feed.release == lenta.healthz().release


def test_posts_are_left_out_and_the_hour_is_heeded(lenta: Lenta) -> None:
    best = small.feed(READER, 9)
    feed = lenta.recommendations(
        READER, time=NOON.replace(hour=9, tzinfo=UTC), limit=2, exclude=best[:2]
    )
    assert [post.id for post in feed.recommendations] == best[2:4]


def test_a_feed_is_explained(lenta: Lenta) -> None:
    feed = lenta.recommendations(READER, time=NOON, explain=True)
    said = [reason for post in feed.recommendations for reason in post.reasons]
    assert said
    assert all(reason.text for reason in said)


def test_a_reader_whom_nobody_knows_gets_a_feed(lenta: Lenta) -> None:
    feed = lenta.recommendations(10**12)
    assert feed.source == "cold_start"
    assert len(feed.recommendations) == 5


def test_the_contract_gives_the_same_posts_without_scores(lenta: Lenta) -> None:
    posts = lenta.post_recommendations(READER, time=NOON, limit=4)
    feed = lenta.recommendations(READER, time=NOON, limit=4)
    assert [(post.id, post.text, post.topic) for post in posts] == [
        (post.id, post.text, post.topic) for post in feed.recommendations
    ]


def test_given_posts_are_put_in_order(lenta: Lenta) -> None:
    asked = [13, 10, 8000, 16]
    order = lenta.rerank(READER, asked, time=NOON)
    assert order.unknown_post_ids == (8000,)
    scores = [post.score for post in order.posts]
    assert scores == sorted(scores, reverse=True)
    assert {post.id: post.score for post in order.posts} == {
        post: small.score(READER, 12, post) for post in (10, 13, 16)
    }


def test_it_tells_which_release_is_served(lenta: Lenta) -> None:
    health = lenta.healthz()
    assert health.status == "ok"
    assert health.created_at.tzinfo is not None
    assert health.data_until.tzinfo is None


def test_a_wrong_argument_is_named(lenta: Lenta) -> None:
    with pytest.raises(InvalidCallError, match=r"^422: limit: .* equal to 100, not '500'$") as said:
        lenta.recommendations(READER, limit=500)
    assert said.value.status == 422
    with pytest.raises(InvalidCallError, match="post_ids: List should have at least 1 item"):
        lenta.rerank(READER, [])


def test_threads_may_share_it(lenta: Lenta) -> None:
    with ThreadPoolExecutor(8) as threads:
        feeds = list(threads.map(lambda id_: lenta.recommendations(id_, time=NOON), range(40)))
    assert [feed.user_id for feed in feeds] == list(range(40))
    assert feeds[READER] == lenta.recommendations(READER, time=NOON)


def test_a_call_without_a_token_is_refused(serve: Serve, tmp_path: Path) -> None:
    small.put(tmp_path / "store")
    issuer = {"JWT_ISSUER": "https://issuer", "JWT_AUDIENCE": "lenta"}
    url = serve(tmp_path / "store", AUTH_MODE="JWT", **issuer).url
    with Lenta(url) as lenta, pytest.raises(UnauthorizedError, match="the call has no token"):
        lenta.recommendations(READER)


def test_what_cannot_answer_yet_is_asked_again_until_it_can(serve: Serve, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    url = serve(store).url
    with Lenta(url, retries=0) as hasty, pytest.raises(UnavailableError, match="503") as said:
        hasty.recommendations(READER)
    assert said.value.retry_after == RETRY_SECONDS

    published = threading.Timer(0.5, small.put, [store])
    published.start()
    began = time.monotonic()
    with Lenta(url, retries=3) as patient:
        feed = patient.recommendations(READER, time=NOON)
    published.join()
    assert time.monotonic() - began >= RETRY_SECONDS
    assert feed.recommendations[0].id == small.feed(READER, 12)[0]


def test_a_server_that_hangs_is_given_up_in_time(serve: Serve, tmp_path: Path) -> None:
    small.put(tmp_path / "store")
    served = serve(tmp_path / "store")
    with Lenta(served.url, timeout=0.5) as lenta:
        lenta.healthz()
        served.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(NoAnswerError, match=r"no answer from http://127.0.0.1:\d+"):
                lenta.healthz()
            assert time.monotonic() - began < 5
        finally:
            served.process.send_signal(signal.SIGCONT)
        assert lenta.healthz().status == "ok"


def test_nobody_at_the_address_is_said(scripted: Scripted) -> None:
    scripted.answers = [Answer(200)]
    with Lenta(f"http://127.0.0.1:{free_port()}") as lenta, pytest.raises(NoAnswerError):
        lenta.healthz()


def test_another_readers_token_is_refused(scripted: Scripted) -> None:
    detail = b'{"detail": "a token\'s subject may ask for its own feed only"}'
    scripted.answers = [Answer(403, detail)]
    with Lenta(scripted.url, auth="one") as lenta:
        other = lenta.authorized("another")
        for caller in (lenta, other, lenta):
            with pytest.raises(ForbiddenError, match="its own feed only"):
                caller.recommendations(READER)
    tokens = [asked.headers["Authorization"] for asked in scripted.asked]
    assert tokens == ["Bearer one", "Bearer another", "Bearer one"]
