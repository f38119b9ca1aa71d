"""What the log says of a call, and what it never says."""

import json
from pathlib import Path
from typing import Any

import pytest

from handler.settings import Settings
from tests.handler import small
from tests.handler.conftest import Small
from tests.handler.events import Context, Send, function, http_event
from tests.support.documents import PROJECT, blocks

NOON = "2021-10-12T12:00:00"
STRANGER = 12345
TOKEN = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"  # noqa: S105 - of nobody
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def send(small_release: Small) -> Send:
    return function(Settings(str(small_release.store), reader_hash_key="key"))


def lines(captured: pytest.CaptureFixture[str]) -> Lines:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def metrics(line: dict[str, Any]) -> dict[str, float]:
    """The metrics that CloudWatch takes from a line, by the specification of the format."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Lenta"
    assert directive["Dimensions"] == [["FunctionName"]]
    assert line["FunctionName"] == Context().function_name
    assert all(metric["Unit"] for metric in directive["Metrics"])
    return {metric["Name"]: line[metric["Name"]][0] for metric in directive["Metrics"]}


def test_every_feed_leaves_one_line(
    send: Send, small_release: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    for call in (
        http_event("/post/recommendations/", f"id=7&time={NOON}"),
        http_event("/v1/recommendations", f"id=7&time={NOON}"),
        http_event("/v1/rerank", body=json.dumps({"user_id": 7, "post_ids": [10]})),
    ):
        send(call)
        (line,) = lines(capsys)
        assert line["request_id"] == Context().aws_request_id
        assert line["status"] == 200
        assert line["exposure"]["release"] == small_release.manifest.release
        assert line["exposure"]["arm"] == "control"
        assert line["exposure"]["source"] == "model"
        assert line["milliseconds"] == pytest.approx(metrics(line)["Duration"], abs=0.01)
        assert metrics(line)["Fallback"] == 0
        assert metrics(line)["FeatureAge"] > 0


def test_the_reference_shows_such_a_line(send: Send, capsys: pytest.CaptureFixture[str]) -> None:
    reference = PROJECT / "docs" / "reference" / "stack.md"
    (shown,) = (json.loads(block.text) for block in blocks(reference) if "_aws" in block.text)
    send(http_event("/v1/recommendations", "id=7"))
    (line,) = lines(capsys)
    assert [*shown] == [*line]
    assert [*shown["exposure"]] == [*line["exposure"]]
    assert metrics(shown).keys() == metrics(line).keys()


def test_an_answer_for_an_unknown_reader_counts_as_fallback(
    send: Send, capsys: pytest.CaptureFixture[str]
) -> None:
    send(http_event("/v1/recommendations", f"id={STRANGER}"))
    (line,) = lines(capsys)
    assert line["exposure"]["source"] == "cold_start"
    assert metrics(line)["Fallback"] == 1


def test_a_reader_is_known_by_a_hash_that_stays_the_same_under_its_key(
    send: Send, small_release: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(small_release.store)
    keyed = function(Settings(store, reader_hash_key="key"))
    others = [function(Settings(store, reader_hash_key="other")), function(Settings(store))]
    for function_ in (send, keyed, *others):
        function_(http_event("/v1/recommendations", f"id={STRANGER}"))
    send(http_event("/v1/recommendations", "id=7"))
    hashes = [line["exposure"]["reader"] for line in lines(capsys) if "exposure" in line]
    assert hashes[0] == hashes[1]
    assert len({*hashes}) == 4
    assert all(len(found) == 16 and int(found, 16) >= 0 for found in hashes)


def test_neither_reader_nor_text_nor_token_is_logged(
    send: Send, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    call = http_event("/v1/recommendations", f"id={STRANGER}&exclude=987654&limit=100")
    call["headers"]["authorization"] = f"Bearer {TOKEN}"
    body = json.loads(send(call)["body"])
    said = capsys.readouterr().out + "".join(
        record.getMessage() for record in caplog.records if record.name != "asyncio"
    )
    assert body["recommendations"][0]["text"].startswith("Пост")
    for unsaid in (str(STRANGER), "987654", TOKEN, "Пост", "\\u041f"):
        assert unsaid not in said


def test_calls_without_a_feed_are_timed_too(send: Send, capsys: pytest.CaptureFixture[str]) -> None:
    for call, status in ((http_event("/healthz"), 200), (http_event("/v1/recommendations"), 422)):
        send(call)
        (line,) = lines(capsys)
        assert line["status"] == status
        assert metrics(line).keys() == {"Duration"}
        assert "exposure" not in line


def test_what_cannot_be_answered_is_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    small.put(tmp_path / "store")
    without_release = function(Settings(str(tmp_path / "nowhere")))
    without_release(http_event("/v1/recommendations", "id=7"))
    told, line = lines(capsys)
    assert told["StoreFailed"] == [1.0]
    assert "nothing was ever promoted" in told["reason"]
    assert line["status"] == 503
    assert "nothing was ever promoted" in caplog.text
