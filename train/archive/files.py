"""The archive's files, on the disk of this machine."""

import hashlib
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from artifacts.errors import NotFound
from artifacts.keys import checked_key
from artifacts.stores import ObjectStore
from artifacts.stores.folder import FolderStore
from train.archive.index import KeptFile

_AT_ONCE = 4


class Files:
    """Where DuckDB finds the files: an archive in a folder itself, or copies of what lies in S3.

    Args:
        store: the archive's.
        copies: a folder for the copies, made if they are needed; what is there already is used.
    """

    def __init__(self, store: ObjectStore, copies: Path) -> None:
        self._store = store
        self._copies = copies

    def path(self, key: str) -> Path:
        """Where that file is, once `create` or `fetch` has put it there."""
        if isinstance(self._store, FolderStore):
            return self._store.path(key)
        return self._copies / checked_key(key)

    def create(self, key: str, data: bytes, rows: int) -> KeptFile:
        """Write a new file of so many rows to the archive.

        Raises:
            StoreUnavailable: the store failed.
        """
        self._store.create(key, data)
        if not isinstance(self._store, FolderStore):
            self._copy(key, data)
        return KeptFile(key=key, sha256=hashlib.sha256(data).hexdigest(), size=len(data), rows=rows)

    def fetch(self, files: Iterable[KeptFile]) -> set[str]:
        """Have files here, a few at a time, and give the keys of the missing and damaged ones.

        Raises:
            StoreUnavailable: the store failed.
        """
        wanted = list(files)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            whole = list(pool.map(self._fetch, wanted))
        return {file.key for file, is_whole in zip(wanted, whole, strict=True) if not is_whole}

    def forget(self, but: AbstractSet[str]) -> None:
        """Remove the copies of all files but those; the archive keeps what it has."""
        for path in list(self._copies.rglob("*.parquet")):
            if path.relative_to(self._copies).as_posix() not in but:
                path.unlink(missing_ok=True)

    def _fetch(self, file: KeptFile) -> bool:
        path = self.path(file.key)
        if path.is_file() and _is(file, path.read_bytes()):
            return True
        if isinstance(self._store, FolderStore):
            return False
        try:
            data = self._store.read(file.key).data
        except NotFound:
            return False
        if not _is(file, data):
            return False
        self._copy(file.key, data)
        return True

    def _copy(self, key: str, data: bytes) -> None:
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _is(file: KeptFile, data: bytes) -> bool:
    return len(data) == file.size and hashlib.sha256(data).hexdigest() == file.sha256
