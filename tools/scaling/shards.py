"""How often a container has the reader's shard, as `handler/readers.py` keeps them."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.scaling.arrivals import HOUR, Calls


@dataclass
class ShardCaches:
    """A cache of shards in each container: the last used are kept, of the release that serves.

    Attributes:
        calls: whose readers they are.
        shards: of a release; a reader's is `reader % shards`.
        kept: in a container.
        hit: seconds of a call whose shard is there.
        miss: seconds of a call whose shard is fetched.
        release: seconds after which another release serves, with shards of its own.
        hits: so many calls had their shard.
        fetched: so many did not.
    """

    calls: Calls
    shards: int
    kept: int
    hit: float
    miss: float
    release: float = HOUR
    hits: int = 0
    fetched: int = 0
    _caches: dict[int, OrderedDict[int, None]] = field(default_factory=dict)
    _releases: dict[int, int] = field(default_factory=dict)

    def serve(self) -> Callable[[int, int], float]:
        """What tells the containers how long a call takes."""
        numbers = (self.calls.readers % self.shards).tolist()
        releases = (self.calls.times // self.release).astype(int).tolist()

        def seconds(container: int, call: int) -> float:
            return self._seconds(container, numbers[call], releases[call])

        return seconds

    def _seconds(self, container: int, shard: int, release: int) -> float:
        cache = self._caches.setdefault(container, OrderedDict())
        if self._releases.get(container) != release:
            cache.clear()
            self._releases[container] = release
        if shard in cache:
            cache.move_to_end(shard)
            self.hits += 1
            return self.hit
        self.fetched += 1
        cache[shard] = None
        if len(cache) > self.kept:
            cache.popitem(last=False)
        return self.miss
