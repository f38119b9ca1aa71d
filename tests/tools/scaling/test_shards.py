"""Caches of shards hold what the handler's would."""

from collections.abc import Sequence

import numpy as np
import pytest

from tools.scaling.arrivals import Calls
from tools.scaling.shards import ShardCaches


def caches_of(
    readers: Sequence[int], shards: int, *, kept: int = 4, apart: float = 1
) -> ShardCaches:
    calls = Calls(np.arange(len(readers), dtype=np.float64) * apart, np.array(readers, np.int64))
    return ShardCaches(calls, shards, kept, hit=0.01, miss=0.2)


def hits_of(caches: ShardCaches, container: int = 0) -> list[bool]:
    serve = caches.serve()
    return [serve(container, call) == caches.hit for call in range(len(caches.calls.times))]


def test_the_last_used_shards_are_kept() -> None:
    caches = caches_of([0, 1, 2, 0, 3, 1, 0], shards=9, kept=3)
    assert hits_of(caches) == [False, False, False, True, False, False, True]
    assert (caches.hits, caches.fetched) == (2, 5)


def test_readers_of_one_shard_share_it() -> None:
    assert hits_of(caches_of([5, 15, 25], shards=10)) == [False, True, True]


def test_a_container_has_not_what_another_fetched() -> None:
    caches = caches_of([7, 7], shards=9)
    serve = caches.serve()
    assert (serve(0, 0), serve(1, 1)) == (caches.miss, caches.miss)


def test_another_release_has_shards_of_its_own() -> None:
    assert hits_of(caches_of([7, 7, 7], shards=9, apart=1_800)) == [False, True, False]


@pytest.mark.parametrize("shards", [5, 21, 125])
def test_of_readers_by_chance_as_many_are_there_as_are_kept(shards: int) -> None:
    readers = np.random.default_rng(1).integers(10**8, size=60_000).tolist()
    caches = caches_of(readers, shards, apart=0.05)
    assert np.mean(hits_of(caches)) == pytest.approx(4 / shards, rel=0.05)
