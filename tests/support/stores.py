"""A store around another one, for tests that make one of its operations behave otherwise."""

from collections import Counter
from collections.abc import Iterator

from artifacts.stores import ObjectStore, StoredObject


class Wrapped:
    """Does what the store within does."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def read(self, key: str) -> StoredObject:
        return self._store.read(key)

    def read_unless(self, key: str, version: str) -> StoredObject | None:
        return self._store.read_unless(key, version)

    def create(self, key: str, data: bytes) -> None:
        self._store.create(key, data)

    def replace(self, key: str, data: bytes, version: str) -> None:
        self._store.replace(key, data, version)

    def remove(self, key: str) -> None:
        self._store.remove(key)

    def keys(self, prefix: str) -> Iterator[str]:
        return self._store.keys(prefix)


class CountingStore(Wrapped):
    """A store that counts what is read of each shard of readers."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store)
        self.reads: Counter[str] = Counter()

    def read(self, key: str) -> StoredObject:
        self.reads[key.partition("/users/")[2]] += 1
        return super().read(key)
