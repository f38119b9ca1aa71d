"""What is removed from a store, and what never is."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts import experiment
from artifacts.channel import Arm, read_channel
from artifacts.collect import GRACE, collect, garbage
from artifacts.errors import BrokenRelease, StoreUnavailable
from artifacts.layout import release_key
from artifacts.moves import promote, rollback
from artifacts.publish import publish
from artifacts.release import list_releases, open_release, verify
from artifacts.stores import ObjectStore, open_store
from tests.artifacts.conftest import Tamper
from tests.artifacts.examples import FILES, NOW, draft
from tests.support.stores import Wrapped

LATER = NOW + GRACE + timedelta(seconds=1)


def published(store: ObjectStore, number: int) -> list[str]:
    """Releases in the order of their ids."""
    return [
        publish(store, draft(), FILES.items(), now=NOW - timedelta(days=number - each)).release
        for each in range(number)
    ]


def collected(store: ObjectStore, keep: int) -> list[str]:
    return [gone.release for gone in collect(store, garbage(store, keep, LATER))]


def test_what_no_channel_needs_is_removed_whole(store: ObjectStore) -> None:
    stale, served = published(store, 2)
    promote(store, served)
    assert collected(store, keep=1) == [stale]
    assert list_releases(store) == [served]
    assert not [key for key in store.keys("releases/") if stale in key]


def test_the_last_promotions_of_every_channel_are_kept(store: ObjectStore) -> None:
    releases = published(store, 6)
    for release in releases[:4]:
        promote(store, release)
    promote(store, releases[5], channel="staging")
    assert collected(store, keep=2) == [releases[0], releases[1], releases[4]]


def test_what_serves_is_kept_though_it_is_not_among_the_last(store: ObjectStore) -> None:
    first, second, third, arm = published(store, 4)
    for release in (first, second, third):
        promote(store, release)
    experiment.start(store, "bigger", [Arm(name="new", release=arm, share=0.5)])
    assert collected(store, keep=1) == [first, second]
    assert list_releases(store) == [third, arm]


def test_what_was_rolled_back_is_not_kept_for_its_history(store: ObjectStore) -> None:
    first, second, third = published(store, 3)
    for release in (first, second, third):
        promote(store, release)
    rollback(store)
    assert collected(store, keep=2) == [third]
    rollback(store)
    assert collected(store, keep=1) == [second]


def test_a_young_release_is_kept(store: ObjectStore) -> None:
    published(store, 1)
    assert garbage(store, 1, now=NOW) == []


def test_what_a_dead_publisher_left_is_removed_when_it_is_old(store: ObjectStore) -> None:
    [release] = published(store, 1)
    promote(store, release)
    left = f"{NOW:%Y%m%dT%H%M%SZ}-deadbeef"
    store.create(release_key(left, "users/00000.parquet"), b"half of it")
    assert garbage(store, 1, now=NOW) == []
    [found] = garbage(store, 1, LATER)
    assert (found.release, found.is_whole) == (left, False)
    assert list(collect(store, [found])) == [found]
    assert not [key for key in store.keys("releases/") if left in key]


def test_looking_removes_nothing(store: ObjectStore) -> None:
    published(store, 2)
    before = list(store.keys(""))
    assert len(garbage(store, 1, LATER)) == 2
    assert list(store.keys("")) == before


def test_files_that_are_no_release_are_left_alone(store: ObjectStore) -> None:
    store.create("releases/notes.txt", b"")
    store.create("releases/my-own/ranker.onnx", b"")
    assert garbage(store, 1, LATER) == []


def test_with_an_unreadable_channel_nothing_is_removed(store: ObjectStore, tamper: Tamper) -> None:
    published(store, 2)
    tamper("channels/staging.json", b"{")
    with pytest.raises(BrokenRelease, match="channel staging"):
        garbage(store, 1, LATER)
    assert len(list_releases(store)) == 2


class Promoting(Wrapped):
    """A store where a release is promoted while its manifest is being removed."""

    def __init__(self, store: ObjectStore, release: str) -> None:
        super().__init__(store)
        self._release = release

    def remove(self, key: str) -> None:
        if key == release_key(self._release, "manifest.json"):
            promote(self._store, self._release)
        super().remove(key)


def test_a_release_that_is_promoted_meanwhile_stays_whole(store: ObjectStore) -> None:
    one, two = published(store, 2)
    unneeded = garbage(store, 1, LATER)
    assert [gone.release for gone in collect(Promoting(store, two), unneeded)] == [one]
    assert verify(open_release(store, two)) == ()


class Dying(Wrapped):
    """A store that fails at the n-th removal."""

    def __init__(self, store: ObjectStore, left: int) -> None:
        super().__init__(store)
        self._left = left

    def remove(self, key: str) -> None:
        if not self._left:
            raise StoreUnavailable(key)
        self._left -= 1
        super().remove(key)


@pytest.mark.parametrize("step", range(len(FILES) + 2))
def test_a_collection_that_dies_leaves_no_half_a_release(store: ObjectStore, step: int) -> None:
    stale, served = published(store, 2)
    promote(store, served)
    with pytest.raises(StoreUnavailable):
        list(collect(Dying(store, step), garbage(store, 1, LATER)))
    for release in list_releases(store):
        assert verify(open_release(store, release)) == ()
    assert list_releases(store) == ([stale, served] if step == 0 else [served])
    assert collected(store, keep=1) == [stale]
    assert not [key for key in store.keys("releases/") if stale in key]


@settings(max_examples=20)
@given(st.lists(st.integers(0, 5), max_size=10), st.integers(1, 5))
def test_what_can_be_rolled_back_to_stays_whole(
    tmp_path_factory: pytest.TempPathFactory, promotions: list[int], keep: int
) -> None:
    store = open_store(str(tmp_path_factory.mktemp("store")))
    releases = published(store, 6)
    for number in promotions:
        promote(store, releases[number])
    collected(store, keep)
    channel = read_channel(store)
    needed = {made.release for made in channel.standing[-keep:]} if channel else set()
    assert set(list_releases(store)) == needed
    for release in needed:
        assert verify(open_release(store, release)) == ()
