"""Readers are looked up in shards, each fetched when one of its readers first asks."""

import threading
from collections import Counter

import numpy as np
import pytest

from artifacts.errors import BrokenRelease
from artifacts.layout import shard_of, users_file
from artifacts.release import Release, open_release
from artifacts.stores import ObjectStore, StoredObject, open_store
from handler.readers import SHARDS_KEPT, ReaderShards
from tests.handler import small
from tests.handler.conftest import Small
from tests.support.stores import Wrapped


class CountingStore(Wrapped):
    """A store that counts what is read from it."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store)
        self.reads: Counter[str] = Counter()

    def read(self, key: str) -> StoredObject:
        self.reads[key.partition("/users/")[2]] += 1
        return super().read(key)


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
        shards.find(reader)
    assert reads == {_file(7): 1}


def test_the_shards_last_asked_for_are_kept(
    counted: tuple[ReaderShards, Counter[str]],
) -> None:
    shards, reads = counted
    assert SHARDS_KEPT < small.SHARDS
    for reader in range(SHARDS_KEPT + 1):  # one too many: the first is given up
        shards.find(reader)
    for reader in range(1, SHARDS_KEPT + 1):
        shards.find(reader)
    assert set(reads.values()) == {1}
    shards.find(0)  # fetched again in place of the one not asked for longest
    assert reads[_file(0)] == 2
    shards.find(2)
    assert reads[_file(2)] == 1
    shards.find(1)
    assert reads[_file(1)] == 2


def test_every_reader_is_found_with_features_and_likes(
    counted: tuple[ReaderShards, Counter[str]],
) -> None:
    shards, _ = counted
    for reader in small.READERS:
        found = shards.find(reader)
        assert found.known
        assert found.features.tolist() == [[small.fondness(reader)]]
        assert found.liked.tolist() == small.liked(reader)


def test_an_unknown_reader_has_no_features_and_no_likes(
    counted: tuple[ReaderShards, Counter[str]],
) -> None:
    shards, _ = counted
    for reader in (-7, 24, 10**15, -(2**63), 2**63 - 1):
        found = shards.find(reader)
        assert not found.known
        assert found.features.shape == (1, 1)
        assert np.isnan(found.features).all()
        assert found.liked.tolist() == []


def test_readers_may_ask_at_once(small_release: Small) -> None:
    release = open_release(open_store(str(small_release.store)), small_release.manifest.release)
    shards = ReaderShards(release)
    begin = threading.Barrier(4)
    wrong: list[object] = []

    def ask(first: int) -> None:
        begin.wait()
        for turn in range(300):
            reader = small.READERS[(first * 7 + turn * 5) % len(small.READERS)]
            try:
                found = shards.find(reader)
            except Exception as error:  # noqa: BLE001 - a thread's error would be lost
                wrong.append(error)
                return
            if found.liked.tolist() != small.liked(reader):
                wrong.append(reader)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_shard_that_failed_is_fetched_again(small_release: Small) -> None:
    class Failing(CountingStore):
        def read(self, key: str) -> StoredObject:
            stored = super().read(key)
            return StoredObject(b"", stored.version) if self.reads.total() == 1 else stored

    store = Failing(open_store(str(small_release.store)))
    shards = ReaderShards(Release(store, small_release.manifest))
    with pytest.raises(BrokenRelease):
        shards.find(7)
    assert shards.find(7).known
