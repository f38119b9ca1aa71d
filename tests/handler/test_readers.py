"""Readers are looked up in shards, each fetched when one of its readers first asks."""

import asyncio
import json
import threading
import time
from collections import Counter

import numpy as np
import pytest

from artifacts.layout import shard_of, users_file
from artifacts.release import Release, open_release
from artifacts.stores import ObjectStore, StoredObject, open_store
from handler.pieces import ALONE_SECONDS
from handler.readers import PATIENCE, SHARDS_KEPT, Reader, ReaderShards
from tests.handler import small
from tests.handler.conftest import Small
from tests.support.clock import Clock
from tests.support.recommender import awaited
from tests.support.stores import CountingStore


def find(shards: ReaderShards, user_id: int) -> Reader:
    return awaited(shards.find(user_id))


@pytest.fixture
def counted(small_release: Small) -> tuple[ReaderShards, Counter[str]]:
    store = CountingStore(open_store(str(small_release.store)))
    release = open_release(store, small_release.manifest.release)
    store.reads.clear()
    return ReaderShards(release), store.reads


def _file(reader: int) -> str:
    return users_file(shard_of(reader, small.SHARDS)).removeprefix("users/")


def test_only_the_shard_of_the_reader_who_asks_is_read_and_once(
    counted: tuple[ReaderShards, Counter[str]],
) -> None:
    shards, reads = counted
    assert reads == {}
    for reader in (7, 13, 7, 6_000_001):
        find(shards, reader)
    assert reads == {_file(7): 1}


def test_the_shards_last_asked_for_are_kept(
    counted: tuple[ReaderShards, Counter[str]],
) -> None:
    shards, reads = counted
    assert SHARDS_KEPT < small.SHARDS
    for reader in range(SHARDS_KEPT + 1):  # one too many: the first is given up
        find(shards, reader)
    for reader in range(1, SHARDS_KEPT + 1):
        find(shards, reader)
    assert set(reads.values()) == {1}
    find(shards, 0)  # fetched again in place of the one not asked for longest
    assert reads[_file(0)] == 2
    find(shards, 2)
    assert reads[_file(2)] == 1
    find(shards, 1)
    assert reads[_file(1)] == 2


def test_every_reader_is_found_with_features_and_likes(
    counted: tuple[ReaderShards, Counter[str]],
) -> None:
    shards, _ = counted
    for reader in small.READERS:
        found = find(shards, reader)
        assert found.source == "model"
        assert found.features.tolist() == [[small.fondness(reader)]]
        assert found.liked.tolist() == small.liked(reader)


def test_an_unknown_reader_has_no_features_and_no_likes(
    counted: tuple[ReaderShards, Counter[str]],
) -> None:
    shards, _ = counted
    for reader in (-7, 24, 10**15, -(2**63), 2**63 - 1):
        found = find(shards, reader)
        assert found.source == "cold_start"
        assert found.features.shape == (1, 1)
        assert np.isnan(found.features).all()
        assert found.liked.tolist() == []


def test_readers_may_ask_at_once(counted: tuple[ReaderShards, Counter[str]]) -> None:
    shards, reads = counted
    asked = [reader for reader in small.READERS if reader % small.SHARDS < SHARDS_KEPT] * 3

    async def ask() -> list[Reader]:
        return await asyncio.gather(*map(shards.find, asked))

    for reader, found in zip(asked, awaited(ask()), strict=True):
        assert found.liked.tolist() == small.liked(reader)
    assert set(reads.values()) == {1}


class Failing(CountingStore):
    """A store where the first read of a shard gives other bytes."""

    def read(self, key: str) -> StoredObject:
        stored = super().read(key)
        return StoredObject(b"", stored.version) if self.reads.total() == 1 else stored


def test_readers_of_a_shard_that_failed_are_as_unknown_until_it_is_fetched_again(
    small_release: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, store = Clock(), Failing(open_store(str(small_release.store)))
    shards = ReaderShards(Release(store, small_release.manifest), clock)
    for _ in range(3):
        found = find(shards, 7)
        assert (found.source, found.liked.tolist()) == ("fallback", [])
        assert np.isnan(found.features).all()
    assert find(shards, 8).source == "model"
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["ShardFailed"] == [1.0]
    assert "users/00001.parquet" in line["reason"]
    clock.seconds += ALONE_SECONDS
    assert find(shards, 7).source == "model"


class Stalling(CountingStore):
    """A store that does not answer for a while."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store)
        self.answers = threading.Event()

    def read(self, key: str) -> StoredObject:
        self.answers.wait(60)
        return super().read(key)


def test_a_store_that_stalls_is_waited_for_once_and_then_left_alone(
    small_release: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Stalling(open_store(str(small_release.store)))
    shards = ReaderShards(Release(store, small_release.manifest))
    taken = []
    for reader in (7, 8, 9, 10, 11, 12):
        began = time.monotonic()
        assert find(shards, reader).source == "fallback"
        taken.append(time.monotonic() - began)
    # Far below what the store takes; a busy machine may stop any one call for a while.
    assert PATIENCE <= taken[0] < 5
    assert sorted(taken[1:])[2] < PATIENCE / 2
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["reason"] == "shard 1 takes long"
    store.answers.set()
    until = time.monotonic() + 30
    while find(shards, 7).source == "fallback" and time.monotonic() < until:
        time.sleep(0.01)
    # What was stalled has arrived, so the store is well.
    assert find(shards, 7).source == find(shards, 8).source == "model"
