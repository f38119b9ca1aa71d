"""The function behind API Gateway: its REST API (payload 1.0) and its HTTP API (payload 2.0)."""

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlencode

import pytest

from handler.app import create_app, lambda_entry
from handler.settings import Settings
from tests.handler import small
from tests.handler.conftest import Small

if TYPE_CHECKING:
    from mangum.types import LambdaContext

NOON = "2021-10-12T12:00:00"
Answer = dict[str, Any]
Event = dict[str, Any]
Send = Callable[[Event], Answer]
CONTEXT = cast("LambdaContext", None)
"""What Lambda hands over besides the event: nothing looks at it."""


@pytest.fixture(scope="module")
def send(small_release: Small) -> Send:
    entry = lambda_entry(create_app(Settings(store=str(small_release.store))))
    return lambda event: entry(event, CONTEXT)


def rest_event(path: str, query: str = "", body: str | None = None, **changed: object) -> Event:
    """Of a REST API: the query is parsed and unescaped, and null where there is none."""
    many = parse_qs(query, keep_blank_values=True) or None
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": "GET" if body is None else "POST",
        "headers": {"Host": "api.example", "Content-Type": "application/json"},
        "multiValueHeaders": {"Host": ["api.example"], "Content-Type": ["application/json"]},
        "queryStringParameters": many and {name: values[-1] for name, values in many.items()},
        "multiValueQueryStringParameters": many,
        "requestContext": {"identity": {"sourceIp": "192.0.2.1"}, "stage": "Prod"},
        "body": body,
        "isBase64Encoded": False,
        **changed,
    }


def http_event(path: str, query: str = "", body: str | None = None, **changed: object) -> Event:
    """Of an HTTP API: the query is kept as it came, and joined by commas besides."""
    event: Event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "api.example", "content-type": "application/json"},
        "requestContext": {
            "http": {
                "method": "GET" if body is None else "POST",
                "path": path,
                "sourceIp": "192.0.2.1",
            },
            "stage": "$default",
        },
        "isBase64Encoded": False,
        **changed,
    }
    if query:
        parsed = parse_qs(query, keep_blank_values=True)
        event["queryStringParameters"] = {name: ",".join(values) for name, values in parsed.items()}
    if body is not None:
        event["body"] = body
    return event


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
    entry = lambda_entry(create_app(Settings(store="")))
    answer = entry(made("/healthz"), CONTEXT)
    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"] == "5"


def test_the_functions_entry_serves_the_app() -> None:
    from handler.app import app, lambda_handler  # noqa: PLC0415 - loads what the environment names

    assert lambda_handler.app is app
    assert lambda_handler.lifespan == "off"
