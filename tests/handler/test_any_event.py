"""Whatever event comes, it is answered, or it is no call: nothing is a fault of the function's."""

import json
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from handler.settings import Settings
from tests.handler.conftest import Small
from tests.handler.events import Answer, Event, Send, function
from tests.handler.gateway_events import broken, calls
from tools.bench.table import Measured, report


@pytest.fixture(scope="module")
def send(small_release: Small) -> Send:
    return function(Settings(store=str(small_release.store)))


def test_some_hundred_calls_are_answered(send: Send) -> None:
    assert _answered(send, calls(), 150) >= 150


def test_some_hundred_broken_events_are_answered_or_are_no_calls(send: Send) -> None:
    assert _answered(_unless_no_call(send), broken(), 150) >= 150


@pytest.mark.slow
def test_thousands_of_events_are_answered(send: Send) -> None:
    began = monotonic()
    rows = (
        ("calls", _answered(send, calls(), 1_500)),
        ("broken events", _answered(_unless_no_call(send), broken(), 1_500)),
    )
    what = f"events answered without a fault, in {monotonic() - began:.0f} s"
    report(Measured("any-event", what, ("kind", "events"), rows))
    assert sum(count for _, count in rows) >= 3_000


def _answered(send: Send, events: SearchStrategy[Event], examples: int) -> int:
    """How many were sent, each of them answered with what is no fault of the function's."""
    sent = 0

    # The same events each time: a run that fails is found again.
    @settings(max_examples=examples, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(event=events)
    def check(event: Event) -> None:
        nonlocal sent
        sent += 1
        answer = send(event)
        assert 200 <= answer["statusCode"] < 500, answer
        json.dumps(answer)

    check()
    return sent


def _unless_no_call(send: Send) -> Send:
    """Sends what may be no call: such an event the function has to refuse by that very error."""

    def send_or_refuse(event: Event) -> Answer:
        try:
            return send(event)
        except RuntimeError as error:
            if "unable to infer a handler" not in str(error):
                raise
            return {"statusCode": 400}

    return send_or_refuse
