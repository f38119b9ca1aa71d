"""Programs that publish and promote, to be run as processes: they die, and they race."""

import os
import select
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from artifacts.channel import read_channel
from artifacts.errors import ArtifactError, Conflict
from artifacts.moves import promote
from artifacts.publish import publish
from artifacts.release import list_releases, open_release, verify
from artifacts.stores import ObjectStore, StoredObject, open_store
from tests.artifacts.examples import FILES, draft
from tests.support.stores import Wrapped


class Deadly(Wrapped):
    """A store whose user is killed at the n-th call of it, before or after the call."""

    def __init__(self, store: ObjectStore, fatal: int, *, after: bool) -> None:
        super().__init__(store)
        self._left = fatal
        self._after = after

    def _count(self, *, done: bool) -> None:
        if done == self._after:
            self._left -= 1
            if self._left < 0:
                _die()

    def read(self, key: str) -> StoredObject:
        self._count(done=False)
        found = super().read(key)
        self._count(done=True)
        return found

    def create(self, key: str, data: bytes) -> None:
        self._count(done=False)
        super().create(key, data)
        self._count(done=True)

    def replace(self, key: str, data: bytes, version: str) -> None:
        self._count(done=False)
        super().replace(key, data, version)
        self._count(done=True)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_a_call(url: str, fatal: str, after: str) -> None:
    """Publish and promote, killed at that call of the store."""
    store = Deadly(open_store(url), int(fatal), after=after == "after")
    promote(store, publish(store, draft(), FILES.items()).release)


def die_at_a_system_call(folder: str, fatal: str) -> None:
    """Publish and promote into a folder, killed at the n-th thing that is done to its files."""
    left = int(fatal)

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event.startswith(("open", "os.")) and str(arguments[0]).startswith(folder):
            left -= 1
            if left < 0:
                _die()

    store = open_store(folder)
    sys.addaudithook(count)
    promote(store, publish(store, draft(), FILES.items()).release)


def race(url: str, number: str, rounds: str) -> None:
    """Publish once and promote again and again, in turns with an older release of one's own.

    Prints how many promotions succeeded and how many were lost to others.
    """
    store = open_store(url)
    now = datetime.now(UTC) - timedelta(seconds=int(number))
    mine = [publish(store, draft(), _files(number), now=now).release for _ in range(2)]
    won = lost = 0
    for turn in range(int(rounds)):
        before = None
        try:
            before = promote(store, mine[turn % 2])
        except Conflict:
            lost += 1
        won += before is not None
    print(won, lost)


def poll(url: str) -> None:
    """Read what is served, whole, until standard input ends; prints what was seen."""
    store = open_store(url)
    seen = torn = 0
    revision = 0
    released = _until_input_ends()
    while next(released):
        try:
            channel = read_channel(store)
            if channel is None:
                continue
            if channel.revision < revision:
                torn += 1
            revision = channel.revision
            release = open_release(store, channel.arms[0].release)
            files = {entry.path: release.read(entry.path) for entry in release.manifest.files}
            # All files of a release are one publisher's.
            torn += len({data.rpartition(b" ")[2] for data in files.values()}) != 1
            seen += 1
        except ArtifactError as error:
            print(error, file=sys.stderr)
            torn += 1
    print(seen, torn)


def problems(store: ObjectStore) -> list[str]:
    """What is wrong with a store: harmed files, a channel that leads nowhere."""
    found = [
        problem
        for release in list_releases(store)
        for problem in verify(open_release(store, release))
    ]
    channel = read_channel(store)
    served = channel.releases if channel else ()
    return found + [release for release in served if release not in list_releases(store)]


def _files(number: str) -> Iterator[tuple[str, bytes]]:
    for path, data in FILES.items():
        yield path, data + f" {number}".encode()


def _until_input_ends() -> Iterator[bool]:
    while True:
        yield not select.select([sys.stdin], [], [], 0)[0]


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
