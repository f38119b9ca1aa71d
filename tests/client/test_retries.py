"""What is asked again, when, and how often."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lenta_client import Lenta, ProblemError, UnavailableError, UnexpectedAnswerError
from tests.client.conftest import Answer, Scripted

POSTS = json.dumps([{"id": 10, "text": "one", "topic": "tech"}]).encode()
GOOD = Answer(200, POSTS)
UNAVAILABLE = Answer(503, b'{"detail": "no release can answer now"}')


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_pass_is_asked_again(status: int, scripted: Scripted) -> None:
    scripted.answers = [Answer(status), Answer(status), GOOD]
    with Lenta(scripted.url, backoff=0.01) as lenta:
        assert lenta.post_recommendations(7)[0].id == 10
    assert len(scripted.asked) == 3
    assert len({asked.path for asked in scripted.asked}) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 422, 500, 501, 505, 302])
def test_nothing_else_is(status: int, scripted: Scripted) -> None:
    scripted.answers = [Answer(status, b'{"detail": "so it is"}'), GOOD]
    with (
        Lenta(scripted.url, backoff=0.01) as lenta,
        pytest.raises(ProblemError, match="so it is") as said,
    ):
        lenta.post_recommendations(7)
    assert said.value.status == status
    assert not isinstance(said.value, UnavailableError)
    assert len(scripted.asked) == 1


def test_it_is_not_asked_for_ever(scripted: Scripted) -> None:
    scripted.answers = [UNAVAILABLE]
    with (
        Lenta(scripted.url, retries=2, backoff=0.01) as lenta,
        pytest.raises(UnavailableError, match=r"^503: no release can answer now$") as said,
    ):
        lenta.rerank(7, [10])
    assert said.value.retry_after is None
    assert len(scripted.asked) == 3
    assert len({asked.body for asked in scripted.asked}) == 1


def test_each_wait_is_about_twice_the_one_before(scripted: Scripted) -> None:
    scripted.answers = [UNAVAILABLE] * 3 + [GOOD]
    began = time.monotonic()
    with Lenta(scripted.url, backoff=0.2) as lenta:
        lenta.post_recommendations(7)
    # 0.2, 0.4 and 0.8 s, less up to a half by chance.
    assert 0.7 <= time.monotonic() - began < 5


def test_it_waits_for_as_long_as_the_answer_says(scripted: Scripted) -> None:
    scripted.answers = [Answer(503, headers={"Retry-After": "1"}), GOOD]
    began = time.monotonic()
    with Lenta(scripted.url, backoff=0.01) as lenta:
        lenta.post_recommendations(7)
    assert time.monotonic() - began >= 1


def test_it_waits_until_the_date_that_the_answer_says(scripted: Scripted) -> None:
    until = datetime.now(UTC) + timedelta(seconds=2)
    said = format_datetime(until, usegmt=True)  # whole seconds
    scripted.answers = [Answer(429, headers={"Retry-After": said}), GOOD]
    with Lenta(scripted.url, backoff=0.01) as lenta:
        lenta.post_recommendations(7)
    assert datetime.now(UTC) >= until.replace(microsecond=0)


@pytest.mark.parametrize("said", ["3600", "soon", "Wed, 21 Oct 2015 07:28:00 GMT", "-5"])
def test_a_wait_that_is_too_long_or_makes_no_sense_holds_nobody_up(
    said: str, scripted: Scripted
) -> None:
    scripted.answers = [Answer(503, headers={"Retry-After": said}), GOOD]
    began = time.monotonic()
    with Lenta(scripted.url, backoff=0.01) as lenta:
        if said == "3600":
            with pytest.raises(UnavailableError) as error:
                lenta.post_recommendations(7)
            assert error.value.retry_after == 3600
        else:
            lenta.post_recommendations(7)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (Answer(500, b'{"message": "Internal Server Error"}'), "Internal Server Error"),
        (Answer(404, b'{"detail": "Not Found"}'), "Not Found"),
        (Answer(400, b"<html>no</html>"), "<html>no</html>"),
        (Answer(413), "Request Entity Too Large"),
        (Answer(500, b"[1]"), r"\[1\]"),
    ],
)
def test_an_error_says_what_the_answer_says(
    answer: Answer, detail: str, scripted: Scripted
) -> None:
    scripted.answers = [answer]
    with (
        Lenta(scripted.url) as lenta,
        pytest.raises(ProblemError, match=f"^{answer.status}: {detail}$"),
    ):
        lenta.healthz()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sign in to the network</html>",
        b"",
        b"{}",
        b'[{"id": "10", "text": "one", "topic": "tech"}]',
        b'[{"id": 10, "text": "one"}]',
        b'[["id"]]',
        b"[true]",
    ],
)
def test_an_answer_of_another_form_is_said_to_be_so(body: bytes, scripted: Scripted) -> None:
    scripted.answers = [Answer(200, body)]
    with Lenta(scripted.url) as lenta, pytest.raises(UnexpectedAnswerError, match="another form"):
        lenta.post_recommendations(7)
