"""A store in a folder: atomic and durable by link, rename and fsync.

Needs a file system with hard links and flock, as those of Linux and macOS are. The store's own
files begin with a dot, which no key does.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from artifacts.errors import AlreadyExists, Conflict, NotFound, StoreUnavailable
from artifacts.keys import checked_key, is_key
from artifacts.stores.base import StoredObject


class FolderStore:
    """Objects as files under a folder, which is made by the first write."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def read(self, key: str) -> StoredObject:
        """See ObjectStore."""
        path = self.path(key)
        with _explained(path):
            try:
                data = path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise NotFound(f"{path} does not exist") from None
        return StoredObject(data, hashlib.sha256(data).hexdigest())

    def read_unless(self, key: str, version: str) -> StoredObject | None:
        """See ObjectStore."""
        stored = self.read(key)
        return None if stored.version == version else stored

    def create(self, key: str, data: bytes) -> None:
        """See ObjectStore."""
        path = self.path(key)
        with _explained(path):
            _make_folder(path.parent)
            with _temporary(path, data) as temporary:
                try:
                    # Unlike a rename, a link never overwrites.
                    path.hardlink_to(temporary)
                except FileExistsError:
                    if path.is_dir() or path.read_bytes() != data:
                        raise AlreadyExists(f"{path} already exists") from None
            _sync(path.parent)

    def replace(self, key: str, data: bytes, version: str) -> None:
        """See ObjectStore."""
        path = self.path(key)
        with _explained(path):
            if not path.is_file():
                raise Conflict(f"{path} is gone")
            with _locked(path):
                current = self.read(key)
                if current.data == data:
                    return
                if current.version != version:
                    raise Conflict(f"{path} was changed by somebody else")
                with _temporary(path, data) as temporary:
                    temporary.replace(path)
                _sync(path.parent)

    def remove(self, key: str) -> None:
        """See ObjectStore; folders that it leaves empty go, too."""
        path = self.path(key)
        with _explained(path):
            with suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
            folder = path.parent
            with suppress(OSError):  # not empty, or gone
                while folder != self._root:
                    folder.rmdir()
                    folder = folder.parent
            if folder.is_dir():
                _sync(folder)

    def keys(self, prefix: str) -> Iterator[str]:
        """See ObjectStore."""
        parent = prefix.rpartition("/")[0]
        top = self.path(parent) if parent else self._root
        with _explained(top):
            found = [
                (Path(folder) / name).relative_to(self._root).as_posix()
                for folder, _, names in os.walk(top, onerror=_raise_unless_missing)
                for name in names
            ]
        yield from sorted(key for key in found if key.startswith(prefix) and is_key(key))

    def path(self, key: str) -> Path:
        """Where the object is: to be read there, and never to be written."""
        return self._root / checked_key(key)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the system's errors into this room's."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"{error.filename or path}: {error.strerror or error}") from error


@contextmanager
def _temporary(path: Path, data: bytes) -> Iterator[Path]:
    """A file beside `path` that durably holds `data`, gone afterwards unless it was renamed."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of `path`; the lock file stays, or two could hold a lock of the same name."""
    with path.with_name(f".{path.name}.lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Make the folder's list of names durable: a file's own fsync does not."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
