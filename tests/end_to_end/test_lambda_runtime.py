"""The built function, in AWS's own runtime, answers as the app does, from a release in S3."""

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from mypy_boto3_s3 import S3Client

from handler.api import create_app
from handler.page.document import in_language
from handler.settings import Settings
from tests.support.lambda_runtime import PROJECT, StartFunction, event, upload
from tests.support.releases import Trained
from tools.runtime import FunctionFailedError, Runtime

pytestmark = pytest.mark.slow

BUCKET, PREFIX = "lambda-runtime", "a/prefix"
EVENTS = sorted(path.stem for path in (PROJECT / "events").glob("*.json"))
STATUS = {"invalid-v2": 422}
UNKNOWN = "-5"
LAMBDAS_INIT_MILLISECONDS = 10_000


@pytest.fixture(scope="module")
def function(
    start_function: StartFunction, trained: Trained, s3_admin: S3Client
) -> Iterator[Runtime]:
    """The running function, with the trained release in its bucket."""
    s3_admin.create_bucket(Bucket=BUCKET)
    upload(s3_admin, trained.store, BUCKET, PREFIX)
    with start_function(f"s3://{BUCKET}/{PREFIX}") as runtime:
        yield runtime


@pytest.fixture(scope="module")
def app(trained: Trained) -> FastAPI:
    """The app in this process, with the same release."""
    return create_app(Settings(store=str(trained.store)))


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_answered_as_the_app_answers_it(
    name: str, function: Runtime, app: FastAPI
) -> None:
    answer = function.invoke(event(name))

    assert answer["statusCode"] == STATUS.get(name, 200), answer["body"]
    assert _comparable(_body(answer)) == _comparable(_ask(app, event(name)))


@pytest.mark.parametrize("name", ["recommendations-v1", "recommendations-v2"])
@pytest.mark.parametrize(("reader", "source"), [("200", "model"), (UNKNOWN, "cold_start")])
def test_known_and_unknown_readers_get_the_posts_and_scores_of_the_release(
    name: str, reader: str, source: str, function: Runtime, app: FastAPI
) -> None:
    call = _for_reader(event(name), reader)

    answer = json.loads(_body(function.invoke(call)))

    assert answer["source"] == source
    assert len(answer["recommendations"]) == 5
    assert {1, 2}.isdisjoint(post["id"] for post in answer["recommendations"])  # the call's exclude
    assert answer == json.loads(_ask(app, call))


def test_a_body_in_base64_is_ranked_as_it_was_meant(function: Runtime) -> None:
    call = event("rerank-v2")
    assert call["isBase64Encoded"]

    answer = json.loads(_body(function.invoke(call)))

    assert {post["id"] for post in answer["posts"]} == {1, 7, 9, 15, 42}
    assert answer["unknown_post_ids"] == [999999]
    scores = [post["score"] for post in answer["posts"]]
    assert scores == sorted(scores, reverse=True)


def test_a_malformed_call_is_answered_with_a_sentence(function: Runtime) -> None:
    answer = function.invoke(event("invalid-v2"))

    assert answer["statusCode"] == 422
    assert json.loads(_body(answer))["detail"].startswith("id: ")
    assert "'somebody'" in json.loads(_body(answer))["detail"]


def test_the_feed_page_is_served(function: Runtime) -> None:
    call = event("healthz-v2")
    call["rawPath"] = call["requestContext"]["http"]["path"] = "/"

    answer = function.invoke(call)

    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"].startswith("text/html")
    assert "script-src 'sha256-" in answer["headers"]["content-security-policy"]
    assert _body(answer) == in_language("")


def test_the_log_says_in_json_what_answered(function: Runtime, trained: Trained) -> None:
    function.invoke(event("recommendations-v2"))

    line = json.loads([line for line in function.log() if '"exposure"' in line][-1])

    assert line["exposure"]["release"] == trained.manifest.release
    assert line["FunctionName"] == "lenta"
    assert {"request_id", "milliseconds", "_aws"} <= line.keys()
    assert {"arm", "source", "reader", "posts", "scores"} <= line["exposure"].keys()


def test_what_goes_wrong_is_logged_as_json_with_the_calls_id(start_function: StartFunction) -> None:
    with start_function("s3://no-such-bucket/lenta") as function:
        function.invoke(event("recommendations-v2"))
        lines = [json.loads(line) for line in function.log() if line.startswith("{")]
        (said,) = [line for line in lines if "cannot be answered" in line.get("message", "")]
        (answer,) = [line for line in lines if "Duration" in line]

    assert said["level"] == "ERROR"
    assert said["logger"] == "handler.problems"
    assert said["requestId"] == answer["request_id"]
    assert answer["status"] == 503


def test_an_event_that_is_no_call_fails_and_the_function_lives_on(function: Runtime) -> None:
    with pytest.raises(FunctionFailedError, match="infer a handler"):
        function.invoke({"Records": []})

    assert function.invoke(event("healthz-v2"))["statusCode"] == 200


def test_the_init_phase_loads_the_release_within_lambdas_limit(function: Runtime) -> None:
    function.invoke(event("healthz-v2"))

    milliseconds = function.init_milliseconds()

    assert milliseconds is not None
    print(f"init: {milliseconds:.0f} ms")
    assert 0 < milliseconds < LAMBDAS_INIT_MILLISECONDS


def test_an_empty_bucket_is_answered_with_503_until_a_release_is_published(
    start_function: StartFunction, trained: Trained, s3_admin: S3Client, s3_bucket: str
) -> None:
    with start_function(f"s3://{s3_bucket}/{PREFIX}") as function:
        refused = function.invoke(event("recommendations-v2"))
        assert refused["statusCode"] == 503
        assert "nothing was ever promoted" in json.loads(_body(refused))["detail"]

        upload(s3_admin, trained.store, s3_bucket, PREFIX)
        time.sleep(int(refused["headers"]["retry-after"]))

        answered = function.invoke(event("recommendations-v2"))
        assert answered["statusCode"] == 200
        assert json.loads(_body(answered))["release"] == trained.manifest.release


def _body(answer: dict[str, Any]) -> str:
    body: str = answer["body"]
    return base64.b64decode(body).decode() if answer["isBase64Encoded"] else body


def _ask(app: FastAPI, call: dict[str, Any]) -> str:
    """The body that the app answers to the HTTP request behind an event."""
    if call.get("version") == "2.0":
        method, path = call["requestContext"]["http"]["method"], call["rawPath"]
        query = call["rawQueryString"]
    else:
        method, path = call["httpMethod"], call["path"]
        query = urlencode(call["multiValueQueryStringParameters"], doseq=True)
    body = call.get("body") or ""
    content = base64.b64decode(body) if call["isBase64Encoded"] else body.encode()
    headers = {"content-type": "application/json"} if content else {}

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://lenta") as client:
            return await client.request(method, f"{path}?{query}", content=content, headers=headers)

    # A loop of its own: `asyncio.run` would forget the one that Mangum made, without closing it.
    with closing(asyncio.new_event_loop()) as loop:
        return loop.run_until_complete(ask()).text


def _for_reader(call: dict[str, Any], reader: str) -> dict[str, Any]:
    call["queryStringParameters"]["id"] = reader
    if "rawQueryString" in call:
        call["rawQueryString"] = call["rawQueryString"].replace("id=200", f"id={reader}")
    else:
        call["multiValueQueryStringParameters"]["id"] = [reader]
    return call


def _comparable(body: str) -> object:
    answer = json.loads(body)
    if isinstance(answer, dict):
        answer.pop("feature_age_seconds", None)  # a second may pass between the two
    return answer
