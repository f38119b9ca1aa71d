"""Who may have which feed, by what API Gateway found in the call."""

import json
import time
from typing import Any

import pytest

from handler.settings import AuthMode, Settings
from tests.handler.conftest import Small
from tests.handler.events import Answer, Event, Send, function, http_event

ISSUER, AUDIENCE = "https://login.example", "lenta"
READER = 7
CALLS = (
    http_event("/post/recommendations/", f"id={READER}"),
    http_event("/v1/recommendations", f"id={READER}"),
    http_event("/v1/rerank", body=json.dumps({"user_id": READER, "post_ids": [10]})),
)


@pytest.fixture(scope="module")
def by_token(small_release: Small) -> Send:
    return function(
        Settings(str(small_release.store), auth_mode=AuthMode.JWT,
                 jwt_issuer=ISSUER, jwt_audience=AUDIENCE)
    )  # fmt: skip


@pytest.fixture(scope="module")
def by_signature(small_release: Small) -> Send:
    return function(Settings(str(small_release.store), auth_mode=AuthMode.IAM))


def claims(**changed: object) -> dict[str, Any]:
    """What API Gateway hands over of a valid token of the reader: all claims are strings."""
    expires = str(int(time.time()) + 60)
    found = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(READER), "exp": expires, **changed}
    return {name: value for name, value in found.items() if value is not None}


def with_token(call: Event, token: dict[str, Any]) -> Event:
    authorizer = {"jwt": {"claims": token, "scopes": None}}
    return {**call, "requestContext": {**call["requestContext"], "authorizer": authorizer}}


def reason(answer: Answer) -> str:
    detail: str = json.loads(answer["body"])["detail"]
    return detail


@pytest.mark.parametrize("call", CALLS)
def test_a_reader_gets_the_own_feed(by_token: Send, call: Event) -> None:
    assert by_token(with_token(call, claims()))["statusCode"] == 200


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("subject", ["8", "-7", "07", "seven", "", None])
def test_a_reader_gets_nobody_elses_feed(by_token: Send, call: Event, subject: str | None) -> None:
    answer = by_token(with_token(call, claims(sub=subject)))
    assert answer["statusCode"] == 403
    assert reason(answer) == "a token's subject may ask for its own feed only"


@pytest.mark.parametrize("call", CALLS)
def test_where_no_token_was_found_no_feed_is_given(by_token: Send, call: Event) -> None:
    answer = by_token(call)
    assert answer["statusCode"] == 401
    assert answer["headers"]["www-authenticate"] == "Bearer"
    assert reason(answer) == "the call has no token"


@pytest.mark.parametrize(
    "authorizer",
    [None, "", "jwt", [], {}, {"jwt": None}, {"jwt": "x"}, {"jwt": {"claims": None}}, {"iam": {}}],
)
def test_what_the_authorizer_leaves_may_be_anything_and_gives_no_feed(
    by_token: Send, by_signature: Send, authorizer: object
) -> None:
    call = CALLS[1]
    context = {**call["requestContext"], "authorizer": authorizer}
    for send in (by_token, by_signature):
        assert send({**call, "requestContext": context})["statusCode"] == 401


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"iss": "https://elsewhere.example"}, "the token is another issuer's"),
        ({"iss": None}, "the token is another issuer's"),
        ({"aud": "another"}, "the token is meant for another audience"),
        ({"aud": "[another lenta2]"}, "the token is meant for another audience"),
        ({"aud": None}, "the token is meant for another audience"),
        ({"aud": "another", "client_id": AUDIENCE}, "the token is meant for another audience"),
        ({"exp": "1"}, "the token has expired"),
        ({"exp": "never"}, "the token has expired"),
        ({"exp": "nan"}, "the token has expired"),
        ({"exp": None}, "the token has expired"),
    ],
)
def test_a_token_of_others_is_refused(by_token: Send, changed: Event, said: str) -> None:
    answer = by_token(with_token(CALLS[0], claims(**changed)))
    assert answer["statusCode"] == 401
    assert reason(answer) == said


@pytest.mark.parametrize(
    "changed", [{"aud": f"[other {AUDIENCE}]"}, {"aud": None, "client_id": AUDIENCE}]
)
def test_an_audience_may_be_one_of_several_or_a_client(by_token: Send, changed: Event) -> None:
    assert by_token(with_token(CALLS[0], claims(**changed)))["statusCode"] == 200


def test_the_health_is_nobodys_feed(by_token: Send) -> None:
    assert by_token(http_event("/healthz"))["statusCode"] == 200


def test_where_calls_are_authorized_there_is_no_page(by_token: Send, by_signature: Send) -> None:
    for send in (by_token, by_signature):
        for call in (http_event("/"), http_event("/page/feeds", f"id={READER}")):
            assert send(call)["statusCode"] == 404
            assert send(with_token(call, claims()))["statusCode"] == 404


def test_a_signed_call_may_ask_for_everybody(by_signature: Send) -> None:
    signed = {"iam": {"accessKey": "AKIDEXAMPLE", "userArn": "arn:aws:iam::123456789012:user/feed"}}
    call = CALLS[1]
    context = {**call["requestContext"], "authorizer": signed}
    assert by_signature({**call, "requestContext": context})["statusCode"] == 200


def test_a_call_that_is_not_signed_is_refused(by_signature: Send) -> None:
    answer = by_signature(CALLS[1])
    assert answer["statusCode"] == 401
    assert reason(answer) == "the call is not signed"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"AUTH_MODE": "jwt"}, "'jwt' is not a valid AuthMode"),
        ({"AUTH_MODE": ""}, "'' is not a valid AuthMode"),
        ({"AUTH_MODE": "JWT", "JWT_ISSUER": ISSUER}, "AUTH_MODE=JWT needs JWT_ISSUER and"),
        ({"AUTH_MODE": "JWT", "JWT_AUDIENCE": AUDIENCE}, "AUTH_MODE=JWT needs JWT_ISSUER and"),
    ],
)
def test_the_function_does_not_start_with_half_a_lock(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=said):
        Settings.from_environment()
