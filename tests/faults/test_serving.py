"""What the function answers while its store fails: the last good release, or as to a stranger.

Each fault is really there: a server that speaks HTTP fails, or files are broken. Each answer is
compared with the one that the release it names must give.
"""

import json
from http import HTTPStatus

import pytest

from artifacts.layout import release_key
from artifacts.moves import promote
from tests.faults.conftest import Row
from tests.faults.network import MOST_SECONDS, Network
from tools import faulty_s3
from tools.faulty_s3 import Fault

pytestmark = pytest.mark.slow

FAULTS: dict[str, Fault] = {
    "403, access denied": faulty_s3.answers(HTTPStatus.FORBIDDEN, "AccessDenied"),
    "403, credentials expired": faulty_s3.answers(HTTPStatus.BAD_REQUEST, "ExpiredToken"),
    "403, clocks apart": faulty_s3.answers(HTTPStatus.FORBIDDEN, "RequestTimeTooSkewed"),
    "404, no such key": faulty_s3.answers(HTTPStatus.NOT_FOUND, "NoSuchKey"),
    "404, no such bucket": faulty_s3.answers(HTTPStatus.NOT_FOUND, "NoSuchBucket"),
    "500": faulty_s3.answers(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError"),
    "503, slow down": faulty_s3.answers(HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown"),
    "stalls for 30 s": faulty_s3.stalls,
    "body cut": faulty_s3.cuts,
    "a bit flipped": faulty_s3.flips,
}
CACHED, OTHER = 0, 7
"""Readers of two shards."""
Output = pytest.CaptureFixture[str]


def told(output: Output) -> list[str]:
    """The metrics of what was logged aside from calls, but for loading."""
    names = ("ReleaseRefused", "StoreFailed", "ShardFailed")
    lines = [json.loads(line) for line in output.readouterr().out.splitlines()]
    return [name for line in lines for name in names if name in line]


@pytest.mark.parametrize("part", ["channel", "manifest.json", "ranker.onnx", "posts.parquet"])
@pytest.mark.parametrize("name", FAULTS)
def test_the_old_release_serves_on_while_the_new_one_cannot_be_had(
    network: Network, table: list[Row], capsys: Output, part: str, name: str
) -> None:
    network.serve("old")
    function = network.start()
    assert function.ask(CACHED) == ("old", "model")
    capsys.readouterr()
    new = network.publish("new")
    key = "channels/production" if part == "channel" else release_key(new.release, part)
    promote(network.store, new.release)
    network.server.break_down(key, FAULTS[name])
    assert function.answers(CACHED, during=0.5) == {("old", "model")}
    if FAULTS[name] is not faulty_s3.stalls:  # which has not failed yet
        function.recovers(lambda: bool(told(capsys)))
    assert function.answers(CACHED, during=0.1) == {("old", "model")}
    network.server.heal()
    recovered = function.recovers(lambda: function.ask(CACHED) == ("new", "model"))
    assert function.slowest < MOST_SECONDS
    row = Row(f"{part}: {name}", "the old release", function.slowest * 1000, recovered)
    table.append(row)


@pytest.mark.parametrize("name", FAULTS)
def test_readers_whose_shard_cannot_be_had_are_answered_as_strangers(
    network: Network, table: list[Row], capsys: Output, name: str
) -> None:
    network.serve("old")
    function = network.start()
    assert function.ask(CACHED) == ("old", "model")
    capsys.readouterr()
    network.server.break_down("users/00001", FAULTS[name])
    assert function.answers(OTHER, during=0.4) == {("old", "fallback")}
    assert function.ask(CACHED) == ("old", "model")
    assert set(told(capsys)) == {"ShardFailed"}
    network.server.heal()
    recovered = function.recovers(lambda: function.ask(OTHER) == ("old", "model"))
    assert function.slowest < MOST_SECONDS
    row = Row(f"a shard: {name}", "as to a stranger", function.slowest * 1000, recovered)
    table.append(row)


@pytest.mark.parametrize("name", FAULTS)
def test_a_function_that_never_loaded_anything_says_so_and_begins_when_it_can(
    network: Network, table: list[Row], capsys: Output, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Seconds that the start waits: what stalls would make this test as slow.
    monkeypatch.setattr("handler.serving.INIT_WAIT", 0.2)
    network.serve("old")
    network.server.break_down("", FAULTS[name])
    function = network.start()
    answered, _ = function.ask(CACHED)
    assert answered == "503"
    network.server.heal()
    recovered = function.recovers(lambda: function.ask(CACHED) == ("old", "model"))
    if FAULTS[name] is not faulty_s3.stalls:
        assert "StoreFailed" in told(capsys) or "ReleaseRefused" in told(capsys)
    row = Row(f"all, at the start: {name}", "503", function.slowest * 1000, recovered)
    table.append(row)
