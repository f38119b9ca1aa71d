"""The simulation of `tools/scaling` keeps shards as the handler does."""

from collections import Counter

import numpy as np

from artifacts.layout import users_file
from artifacts.release import open_release
from artifacts.stores import open_store
from handler.readers import SHARDS_KEPT, ReaderShards
from tests.handler import small
from tests.handler.conftest import Small
from tests.support.recommender import awaited
from tests.support.stores import CountingStore
from tools.scaling.arrivals import Calls
from tools.scaling.shards import ShardCaches


def test_the_handler_fetches_the_shards_that_the_simulation_fetches(small_release: Small) -> None:
    store = CountingStore(open_store(str(small_release.store)))
    shards = ReaderShards(open_release(store, small_release.manifest.release))
    store.reads.clear()
    readers = np.random.default_rng(2).integers(24, size=300)
    calls = Calls(np.zeros(len(readers)), readers)
    simulated = ShardCaches(calls, small.SHARDS, SHARDS_KEPT, hit=0, miss=1)
    serve = simulated.serve()
    fetched: Counter[str] = Counter()
    for call, reader in enumerate(readers.tolist()):
        awaited(shards.find(reader))
        fetched[users_file(reader % small.SHARDS).removeprefix("users/")] += int(serve(0, call))
        assert store.reads == +fetched
    assert simulated.fetched > small.SHARDS
