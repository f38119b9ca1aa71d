"""The function follows the channel: beside the calls, in one step, and never to what is broken."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from artifacts import experiment
from artifacts.channel import Arm
from artifacts.errors import StoreUnavailable
from artifacts.layout import channel_key
from artifacts.manifest import Manifest
from artifacts.moves import promote, rollback, substitute
from artifacts.stores import ObjectStore, StoredObject, open_store
from handler.api import create_app
from handler.loading import REFUSED_LOOKS
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client
from tests.handler.fetching import FetchingFrom
from tests.support.clock import Clock
from tests.support.stores import Wrapped

EVERY = 60
FEED = "/v1/recommendations?id=7&time=2021-10-12T12:00:00&limit=3"
CHANNEL = channel_key("production")


def _nothing(_: str) -> None:
    """Done before a read unless something else is wanted."""


class Watched(Wrapped):
    """A store that counts its reads, and does before each what it is told to."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store)
        self.reads: list[str] = []
        self.before: Callable[[str], object] = _nothing

    def read(self, key: str) -> StoredObject:
        self.reads.append(key)
        self.before(key)
        return super().read(key)

    def read_unless(self, key: str, version: str) -> StoredObject | None:
        self.reads.append(f"{key} unless")
        self.before(key)
        return super().read_unless(key, version)


@dataclass
class Function:
    """An app, its clock, its store and the folder of it."""

    app: FastAPI
    client: Client
    clock: Clock
    watched: Watched
    folder: Path

    @property
    def store(self) -> ObjectStore:
        """The store itself: what is done to it is not watched."""
        return open_store(str(self.folder))

    def answer(self) -> dict[str, Any]:
        answer = self.client.get(FEED)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def release(self) -> str:
        return str(self.answer()["release"])

    def look(self) -> str:
        """The release that answers after the next look, and whatever it loads, is over."""
        self.clock.seconds += EVERY
        self.client.get(FEED)
        self.app.state.serving.refresh()
        return self.release()


Start = Callable[[], Function]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a function on the store in `tmp_path`."""
    stack = ExitStack()

    def started() -> Function:
        clock, watched = Clock(), Watched(open_store(str(tmp_path)))
        settings = Settings(str(tmp_path), reader_hash_key="key", follow_seconds=EVERY)
        app = create_app(settings, clock, FetchingFrom(settings, watched))
        return Function(app, stack.enter_context(Client(app)), clock, watched, tmp_path)

    with stack:
        yield started


def metrics(capsys: pytest.CaptureFixture[str], name: str) -> list[dict[str, Any]]:
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    return [line for line in lines if name in line]


def spoil(folder: Path, manifest: Manifest, path: str) -> Callable[[], object]:
    """Flip a bit of a file; returns what mends it."""
    file = folder / "releases" / manifest.release / path
    good = file.read_bytes()
    middle = len(good) // 2
    file.write_bytes(good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :])
    return lambda: file.write_bytes(good)


def test_another_release_answers_after_the_next_look(start: Start, tmp_path: Path) -> None:
    first = small.put(tmp_path)
    function = start()
    assert function.release() == first.release
    second = small.put(tmp_path)
    assert function.look() == second.release
    rollback(function.store)
    assert function.look() == first.release
    substitute(function.store, {first.release: second.release})
    assert function.look() == second.release


def test_between_two_looks_the_store_is_left_alone(start: Start, tmp_path: Path) -> None:
    first = small.put(tmp_path)
    function = start()
    function.release()
    small.put(tmp_path)
    function.watched.reads.clear()
    function.clock.seconds += EVERY - 1
    for _ in range(10):
        assert function.release() == first.release
    assert function.watched.reads == []


def test_a_channel_that_stayed_as_it_was_is_not_sent(start: Start, tmp_path: Path) -> None:
    first = small.put(tmp_path)
    function = start()
    function.release()
    function.watched.reads.clear()
    assert function.look() == first.release
    assert {*function.watched.reads} == {f"{CHANNEL} unless"}


def test_calls_are_answered_while_another_release_is_loaded(start: Start, tmp_path: Path) -> None:
    first = small.put(tmp_path)
    function = start()
    function.release()
    second = small.put(tmp_path)
    goes_on, reached = threading.Event(), threading.Event()

    def wait(key: str) -> None:
        if second.release in key:
            reached.set()
            goes_on.wait(60)

    function.watched.before = wait
    function.clock.seconds += EVERY
    assert function.release() == first.release
    assert reached.wait(60)
    began = time.monotonic()
    for _ in range(5):
        assert function.release() == first.release
    assert time.monotonic() - began < 5  # and not the minute that the load may take
    goes_on.set()
    function.app.state.serving.refresh()
    assert function.release() == second.release


@pytest.mark.parametrize("path", ["ranker.onnx", "posts.parquet", "manifest.json"])
def test_a_release_that_is_broken_is_refused_told_once_and_left_alone_for_a_while(
    start: Start, tmp_path: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = small.put(tmp_path)
    function = start()
    second = small.put(tmp_path)
    mend = spoil(tmp_path, second, path)
    assert function.look() == first.release
    (told,) = metrics(capsys, "ReleaseRefused")
    assert f"release {second.release} is refused: " in told["reason"]
    mend()
    function.clock.seconds -= EVERY  # no time has passed, but another look is due
    assert function.look() == first.release
    assert metrics(capsys, "ReleaseRefused") == []
    function.clock.seconds += REFUSED_LOOKS * EVERY
    assert function.look() == second.release
    assert [line["releases"] for line in metrics(capsys, "ReleaseLoaded")] == [[second.release]]


def test_a_roll_back_ends_a_refusal(start: Start, tmp_path: Path) -> None:
    first = small.put(tmp_path)
    function = start()
    spoil(tmp_path, small.put(tmp_path), "ranker.onnx")
    assert function.look() == first.release
    rollback(function.store)
    assert function.look() == first.release
    third = small.put(tmp_path)
    assert function.look() == third.release


def test_a_function_that_starts_with_a_broken_release_serves_the_one_before(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small.put(tmp_path)
    second, third, fourth = (small.put(tmp_path) for _ in range(3))
    mends = [spoil(tmp_path, manifest, "posts.parquet") for manifest in (third, fourth)]
    function = start()
    assert function.release() == second.release
    refused = [line["reason"].split()[1] for line in metrics(capsys, "ReleaseRefused")]
    assert refused == [fourth.release, third.release]
    for mend in mends:
        mend()
    function.clock.seconds += REFUSED_LOOKS * EVERY
    assert function.look() == fourth.release


def test_what_was_rolled_back_is_no_stand_in(start: Start, tmp_path: Path) -> None:
    first, second = small.put(tmp_path), small.put(tmp_path)
    rollback(open_store(str(tmp_path)))
    spoil(tmp_path, first, "ranker.onnx")
    function = start()
    assert function.client.get(FEED).status_code == 503
    promote(function.store, second.release)
    function.clock.seconds += EVERY
    assert function.release() == second.release


def test_an_older_channel_than_the_one_that_is_followed_is_refused(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small.put(tmp_path)
    file = tmp_path / CHANNEL
    older = file.read_bytes()
    second = small.put(tmp_path)
    newer = file.read_bytes()
    function = start()
    file.write_bytes(older)
    assert function.look() == second.release
    told = metrics(capsys, "StoreFailed")
    assert told
    assert "revision 1 of the channel, which is older than 2" in told[0]["reason"]
    file.write_bytes(newer)
    third = small.put(tmp_path)
    assert function.look() == third.release


@pytest.mark.parametrize("what", [b"{", b"", b"[]", None])
def test_a_channel_that_is_unreadable_or_gone_changes_nothing(
    start: Start, tmp_path: Path, what: bytes | None
) -> None:
    first = small.put(tmp_path)
    function = start()
    file = tmp_path / CHANNEL
    good = file.read_bytes()
    if what is None:
        file.unlink()
    else:
        file.write_bytes(what)
    assert function.look() == first.release
    file.write_bytes(good)
    second = small.put(tmp_path)
    assert function.look() == second.release


def test_a_store_that_fails_is_told_and_changes_nothing(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = small.put(tmp_path)
    function = start()
    assert function.release() == first.release

    def fail(key: str) -> None:
        raise StoreUnavailable(f"{key}: S3 answered SlowDown (HTTP 503)")

    function.watched.before = fail
    assert function.look() == first.release
    assert {line["reason"] for line in metrics(capsys, "StoreFailed")} == {
        f"{CHANNEL}: S3 answered SlowDown (HTTP 503)"
    }
    function.watched.before = _nothing
    second = small.put(tmp_path)
    assert function.look() == second.release


def test_a_fault_that_nobody_foresaw_refuses_the_release_alone(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = small.put(tmp_path)
    function = start()
    second = small.put(tmp_path)

    def fail(key: str) -> None:
        if second.release in key:
            raise MemoryError("no room")

    function.watched.before = fail
    assert function.look() == first.release
    (told,) = metrics(capsys, "ReleaseRefused")
    assert told["reason"].endswith("MemoryError: no room")


def test_a_look_that_hangs_costs_calls_little_and_not_for_ever(
    start: Start, tmp_path: Path
) -> None:
    first = small.put(tmp_path)
    function = start()
    goes_on = threading.Event()
    function.watched.before = lambda key: goes_on.wait(60) if key == CHANNEL else None
    function.clock.seconds += EVERY
    taken = []
    until = time.monotonic() + 4
    while time.monotonic() < until:
        began = time.monotonic()
        assert function.release() == first.release
        taken.append(time.monotonic() - began)
        time.sleep(0.01)
    goes_on.set()
    # Far below the hang; a busy machine may stop any one call for a while.
    assert max(taken) < 3
    # So much and no more is given to what hangs.
    assert sum(took > 0.09 for took in taken[:-20]) <= 20
    assert sorted(taken[-20:])[10] < 0.09


def arms(**releases: tuple[str, float]) -> list[Arm]:
    return [
        Arm(name=name, release=release, share=share) for name, (release, share) in releases.items()
    ]


def shown(function: Function, reader: int) -> tuple[str, str]:
    answer = function.client.get(f"/v1/recommendations?id={reader}").json()
    return answer["exp_group"], answer["release"]


def test_each_reader_gets_the_release_of_the_readers_arm(start: Start, tmp_path: Path) -> None:
    new, old = small.put(tmp_path), small.put(tmp_path)
    function = start()
    channel = experiment.start(function.store, "bigger", arms(new=(new.release, 0.5)))
    function.look()
    found = {shown(function, reader) for reader in range(40)}
    assert found == {("control", old.release), ("new", new.release)}
    for reader in range(40):
        arm = channel.arm_of(reader)
        assert shown(function, reader) == (arm.name, arm.release)
    promote(function.store, new.release)
    function.look()
    assert {shown(function, reader) for reader in range(40)} == {("control", new.release)}


def test_an_experiment_with_a_broken_arm_is_refused_as_a_whole(
    start: Start, tmp_path: Path
) -> None:
    new, old = small.put(tmp_path), small.put(tmp_path)
    function = start()
    mend = spoil(tmp_path, new, "ranker.onnx")
    experiment.start(function.store, "bigger", arms(new=(new.release, 0.5)))
    function.look()
    assert {shown(function, reader) for reader in range(40)} == {("control", old.release)}
    mend()
    function.clock.seconds += REFUSED_LOOKS * EVERY
    function.look()
    assert len({shown(function, reader) for reader in range(40)}) == 2


def test_where_nothing_serves_yet_the_other_arm_answers_for_a_broken_one(
    start: Start, tmp_path: Path
) -> None:
    new, old = small.put(tmp_path), small.put(tmp_path)
    spoil(tmp_path, new, "ranker.onnx")
    experiment.start(open_store(str(tmp_path)), "bigger", arms(new=(new.release, 0.5)))
    function = start()
    found = {shown(function, reader) for reader in range(40)}
    assert found == {("control", old.release), ("new", old.release)}


def test_a_release_that_is_loaded_already_is_not_loaded_again(start: Start, tmp_path: Path) -> None:
    new, old = small.put(tmp_path), small.put(tmp_path)
    function = start()
    function.release()
    experiment.start(function.store, "bigger", arms(new=(new.release, 0.5)))
    function.watched.reads.clear()
    function.look()
    assert not [key for key in function.watched.reads if f"{old.release}/ranker" in key]
    assert [key for key in function.watched.reads if f"{new.release}/ranker" in key]
