"""The function behind API Gateway: its REST API (payload 1.0) and its HTTP API (payload 2.0)."""

import base64
import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from handler.settings import Settings
from tests.handler import small
from tests.handler.conftest import Small
from tests.handler.events import Event, Send, function, http_event, rest_event

NOON = "2021-10-12T12:00:00"


@pytest.fixture(scope="module")
def send(small_release: Small) -> Send:
    return function(Settings(store=str(small_release.store)))


both = pytest.mark.parametrize("made", [rest_event, http_event], ids=["rest", "http"])
Make = Callable[..., Event]


@both
def test_a_feed_is_answered(send: Send, made: Make) -> None:
    answer = send(made("/v1/recommendations", f"id=7&time={NOON}&limit=100"))
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["isBase64Encoded"] is False
    posts = json.loads(answer["body"])["recommendations"]
    assert [post["id"] for post in posts] == small.feed(7, 12)


@both
def test_texts_arrive_as_they_are(send: Send, made: Make) -> None:
    answer = send(made("/post/recommendations/", f"id=7&time={NOON}&limit=1"))
    best = small.feed(7, 12)[0]
    assert json.loads(answer["body"])[0]["text"] == f"Пост № {best}"


@both
def test_repeated_and_joined_parameters_mean_the_same(send: Send, made: Make) -> None:
    best = small.feed(7, 12)[:3]
    for query in (
        f"exclude={best[0]}&exclude={best[1]}",
        f"exclude={best[0]},{best[1]}",
        urlencode({"exclude": f"{best[0]}, {best[1]}"}),
    ):
        answer = send(made("/v1/recommendations", f"id=7&time={NOON}&limit=1&{query}"))
        assert json.loads(answer["body"])["recommendations"][0]["id"] == best[2]


@both
def test_the_plus_of_a_time_may_be_escaped_or_not(send: Send, made: Make) -> None:
    for time in ("2021-10-12T15:00:00%2B03:00", "2021-10-12T15:00:00+03:00"):
        answer = send(made("/v1/recommendations", f"id=1&limit=1&time={time}"))
        assert json.loads(answer["body"])["recommendations"][0]["score"] == 12


@both
@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_may_be_encoded(send: Send, made: Make, *, encoded: bool) -> None:
    body = json.dumps({"user_id": 7, "time": NOON, "post_ids": [10, 13, 5]})
    if encoded:
        body = base64.b64encode(body.encode()).decode()
    answer = send(made("/v1/rerank", body=body, isBase64Encoded=encoded))
    assert answer["statusCode"] == 200
    assert {post["id"] for post in json.loads(answer["body"])["posts"]} == {10, 13}


@both
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"body": "x", "isBase64Encoded": True}, "Error: "),
        ({"body": "\ud800"}, "UnicodeEncodeError: "),
        ({"body": 5}, "AttributeError: "),
        ({"headers": {"host": "a:b"}, "multiValueHeaders": None}, "ValueError: "),
        ({"requestContext": None}, "TypeError: "),
    ],
)
def test_a_call_that_cannot_be_read_is_refused_in_json(
    send: Send, made: Make, changed: Event, reason: str
) -> None:
    answer = send(made("/v1/rerank", **changed))
    assert answer["statusCode"] == 400
    assert answer["headers"]["content-type"] == "application/json"
    assert json.loads(answer["body"])["detail"].startswith(f"the call cannot be read: {reason}")


@pytest.mark.parametrize(
    "event", [{}, {"Records": []}, {"Records": [{"s3": {}}]}, {"version": "2.0"}]
)
def test_an_event_that_is_no_call_fails(send: Send, event: Event) -> None:
    with pytest.raises(RuntimeError, match="unable to infer a handler"):
        send(event)


@both
def test_a_call_without_parameters_is_refused_in_json(send: Send, made: Make) -> None:
    answer = send(made("/v1/recommendations"))
    assert answer["statusCode"] == 422
    assert json.loads(answer["body"]) == {"detail": "id: Field required"}


@both
def test_the_page_and_the_health_are_answered(send: Send, made: Make) -> None:
    page = send(made("/"))
    assert page["statusCode"] == 200
    assert page["body"].startswith("<!doctype html>")
    assert json.loads(send(made("/healthz"))["body"])["status"] == "ok"


@both
def test_a_store_that_cannot_be_read_is_answered_with_503(made: Make) -> None:
    answer = function(Settings(store=""))(made("/healthz"))
    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"] == "5"
