"""Texts in files of their own are fetched when a post is shown, and a feed never lacks them."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts import experiment
from artifacts.channel import Arm
from artifacts.errors import StoreUnavailable
from artifacts.manifest import Manifest
from artifacts.stores import ObjectStore, StoredObject, open_store
from handler.api import create_app
from handler.pieces import ALONE_SECONDS
from handler.settings import Settings
from handler.texts import PATIENCE
from tests.handler import outside, small
from tests.handler.client import Client
from tests.handler.fetching import FetchingFrom
from tests.support.clock import Clock
from tests.support.recommender import awaited, served_from
from tests.support.stores import Wrapped

NOON = "2021-10-12T12:00:00"
CONTRACT = f"/post/recommendations/?time={NOON}"
FEED = f"/v1/recommendations?time={NOON}"


class Texts(Wrapped):
    """A store that counts the files of texts that are read, and may fail or wait at them."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store)
        self.reads: Counter[str] = Counter()
        self.failing: set[str] | None = set()
        """None: all."""
        self.answers = threading.Event()
        self.answers.set()

    def read(self, key: str) -> StoredObject:
        path = "/".join(key.split("/")[-2:])
        if path.startswith("texts/"):
            self.reads[path] += 1
            if self.failing is None or path in self.failing:
                raise StoreUnavailable(f"{path} cannot be read")
            self.answers.wait(60)
        return super().read(key)


@dataclass
class Function:
    client: Client
    store: Texts
    clock: Clock
    manifest: Manifest
    folder: Path

    def feed(self, reader: int, limit: int = 5, call: str = CONTRACT) -> list[dict[str, Any]]:
        answer = self.client.get(f"{call}&id={reader}&limit={limit}")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        return list(body if isinstance(body, list) else body["recommendations"])


Start = Callable[..., Function]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    stack = ExitStack()

    def started(changed: Mapping[str, bytes] | None = None) -> Function:
        manifest = small.put(tmp_path, {**outside.files(), **(changed or {})})
        clock, store = Clock(), Texts(open_store(str(tmp_path)))
        settings = Settings(str(tmp_path), reader_hash_key="key")
        app = create_app(settings, clock, FetchingFrom(settings, store))
        client = stack.enter_context(Client(app))
        return Function(client, store, clock, manifest, tmp_path)

    with stack:
        yield started


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("limit", [1, 5, 40])
@pytest.mark.parametrize("reader", [7, -3, 3, 1_000_000])
def test_each_post_is_answered_with_its_own_text(start: Start, reader: int, limit: int) -> None:
    function = start()
    best = small.feed(reader, 12)[:limit]
    for call in (CONTRACT, FEED, f"{FEED}&explain=true"):
        found = function.feed(reader, limit, call)
        assert [(post["id"], post["text"]) for post in found] == [
            (post, outside.text_of(post)) for post in best
        ]


def test_nothing_is_fetched_before_a_post_is_shown_and_each_file_once(start: Start) -> None:
    function = start()
    assert function.client.get("/healthz").status_code == 200
    body = {"user_id": 7, "time": NOON, "post_ids": small.POSTS}
    assert len(function.client.post("/v1/rerank", body).json()["posts"]) == len(small.POSTS)
    assert function.store.reads == {}
    for _ in range(3):
        function.feed(7)
    assert function.store.reads == {outside.file_of(post): 1 for post in small.feed(7, 12)[:5]}


def test_the_answers_are_those_of_a_release_with_its_texts_inside(
    start: Start, tmp_path: Path
) -> None:
    function = start()
    small.put(tmp_path / "inside")
    with Client(create_app(Settings(str(tmp_path / "inside")))) as inside:
        for reader in (7, 3, -1, 10**6):
            url = f"{CONTRACT}&id={reader}&limit=7"
            assert function.client.get(url).content == inside.get(url).content


def test_where_a_text_cannot_be_had_the_best_of_those_at_hand_are_shown(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    function = start()
    best, others = small.feed(7, 12)[:5], small.feed(-3, 12)[:5]
    at_hand = {outside.file_of(post) for post in best}
    function.feed(7)
    missing = {outside.file_of(post) for post in others} - at_hand
    assert missing, "the two feeds must differ"
    function.store.failing = None
    capsys.readouterr()
    found = function.feed(-3)
    shown = [post for post in small.feed(-3, 12) if outside.file_of(post) in at_hand][:5]
    assert [post["id"] for post in found] == shown
    assert [post["text"] for post in found] == list(map(outside.text_of, shown))
    *failures, exposed = told(capsys)
    assert {line["StoreFailed"][0] for line in failures} == {1.0}
    assert len(failures) == len(missing)
    # What was shown is what the log tells, and that it was not the best.
    assert exposed["exposure"]["posts"] == shown
    assert exposed["exposure"]["source"] == "fallback"


def test_after_a_while_the_texts_are_tried_again(start: Start) -> None:
    function = start()
    function.feed(7)
    function.store.failing = None
    function.feed(-3)
    function.store.failing = set()
    reads = function.store.reads.copy()
    function.feed(-3)
    assert function.store.reads == reads, "left alone after a failure"
    function.clock.seconds += ALONE_SECONDS
    assert [post["id"] for post in function.feed(-3)] == small.feed(-3, 12)[:5]


@pytest.mark.parametrize("call", [CONTRACT, FEED])
def test_without_any_text_the_call_may_be_tried_again_later(start: Start, call: str) -> None:
    function = start()
    function.store.failing = None
    answer = function.client.get(f"{call}&id=7")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "texts cannot be had" in answer.json()["detail"]
    function.store.failing = set()
    function.clock.seconds += ALONE_SECONDS
    assert len(function.feed(7, 5, call)) == 5


def test_a_feed_that_is_empty_by_right_stays_empty(start: Start) -> None:
    function = start()
    function.store.failing = None
    assert function.feed(small.LIKED_EVERYTHING) == []


@pytest.mark.parametrize("harm", ["flipped", "missing", "of other posts", "no Parquet"])
def test_a_damaged_file_is_refused_and_the_others_serve(
    start: Start, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    best = small.feed(7, 12)
    path = outside.file_of(best[0])
    changed = {
        "of other posts": {path: small.parquet(outside.texts(int(path == outside.path(0))))},
        "no Parquet": {path: b"PAR1"},
    }
    function = start(changed.get(harm))
    file = function.folder / "releases" / function.manifest.release / path
    if harm == "missing":
        file.unlink()
    elif harm == "flipped":
        good = file.read_bytes()
        file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    others = [post for post in small.POSTS if outside.file_of(post) != path]
    capsys.readouterr()
    # All are fetched for the first, and only one of them fails.
    for _ in range(2):
        found = function.feed(7, 40)
        assert [post["id"] for post in found] == [post for post in best if post in others]
    failure, *exposures = told(capsys)
    assert path in failure["reason"]
    assert [line["exposure"]["source"] for line in exposures] == ["fallback"] * 2


def test_a_store_that_stalls_costs_one_call_its_patience(start: Start) -> None:
    function = start()
    function.feed(7)
    function.store.answers.clear()
    taken = []
    for _ in range(4):
        began = time.monotonic()
        function.feed(-3)
        taken.append(time.monotonic() - began)
    assert taken[0] >= PATIENCE
    assert sorted(taken[1:])[1] < PATIENCE / 2
    function.store.answers.set()
    until = time.monotonic() + 30
    best = small.feed(-3, 12)[:5]
    while [post["id"] for post in function.feed(-3)] != best and time.monotonic() < until:
        time.sleep(0.01)
    assert [post["id"] for post in function.feed(-3)] == best


def test_files_of_a_feed_are_fetched_at_once(start: Start) -> None:
    function = start()
    wanted = {outside.file_of(post) for post in small.feed(7, 12)[:40]}
    barrier = threading.Barrier(len(wanted))
    read = function.store.read

    def together(key: str) -> StoredObject:
        if "/texts/" in key:
            barrier.wait(30)  # raises unless all come
        return read(key)

    function.store.read = together  # type: ignore[method-assign] # of this one
    assert len(function.feed(7, 40)) == len(small.feed(7, 12))


def test_no_more_texts_are_kept_than_there_is_room_for(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handler.texts.KEPT_BYTES", 1)
    function = start()
    for _ in range(2):
        assert len(function.feed(7, 40)) == len(small.feed(7, 12))
    assert set(function.store.reads.values()) == {2}


def test_a_drawn_feed_is_drawn_among_the_posts_at_hand(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    function = start()
    arm = Arm(name="explore", release=function.manifest.release, share=1, temperature=3)
    experiment.start(open_store(str(function.folder)), "explore", [arm])
    with Client(create_app(Settings(str(function.folder)))) as client:
        for file in sorted((function.folder / "releases").rglob("texts/*"))[1:]:
            file.unlink()
        some = small.POSTS[: outside.EACH]
        exclude = ",".join(str(post) for post in small.POSTS if post not in some)
        client.get(f"{FEED}&id=9&limit=20&exclude={exclude}")
        capsys.readouterr()
        answer = client.get(f"{FEED}&id=1000000&limit=20").json()
    assert {post["id"] for post in answer["recommendations"]} == {*some}
    drawn = told(capsys)[-1]["exposure"]["exploration"]
    assert {*drawn["posts"]} == {*some}
    assert np.prod(drawn["propensities"]) > 0


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ([1] * 40, "does not rise from 0 by one at most"),
        ([0] * 20 + [2] * 20, "does not rise from 0 by one at most"),
        ([0] * 10 + [1] * 20 + [0] * 10, "does not rise from 0 by one at most"),
        (list(range(40)), "has no file texts/00005.parquet"),
    ],
)
def test_a_release_that_does_not_tell_where_its_texts_are_is_refused(
    tmp_path: Path, numbers: list[int], reason: str
) -> None:
    columns = outside.posts_columns() | {"text_file": pa.array(numbers, pa.int32())}
    small.put(tmp_path, {**outside.files(), "posts.parquet": small.parquet(columns)})
    with Client(create_app(Settings(str(tmp_path)))) as client:
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert reason in answer.json()["detail"]


@given(rows=st.lists(st.integers(0, len(small.POSTS) - 1), max_size=60))
def test_any_posts_have_their_texts(served: Any, rows: list[int]) -> None:
    texts = awaited(served.texts.of(rows))
    assert texts == [outside.text_of(small.POSTS[row]) for row in rows]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("outside")
    small.put(folder, outside.files())
    return served_from(folder)
