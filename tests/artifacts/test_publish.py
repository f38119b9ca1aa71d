import os
import signal
import subprocess
import sys
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from artifacts.errors import BrokenRelease, InvalidAddress, NotExact, NotFound
from artifacts.publish import publish
from artifacts.release import list_releases, open_release, verify
from artifacts.stores import ObjectStore, open_store
from tests.artifacts.examples import FILES, NOW, draft
from tests.support.stores import Wrapped


class Dead(Exception):  # noqa: N818 - nothing that anyone handles
    pass


class DyingStore(Wrapped):
    """A store whose user dies when about to write once more than `writes` times."""

    def __init__(self, store: ObjectStore, writes: int) -> None:
        super().__init__(store)
        self._left = writes

    def create(self, key: str, data: bytes) -> None:
        if self._left == 0:
            raise Dead
        self._left -= 1
        super().create(key, data)


def test_what_is_published_is_read_back(store: ObjectStore) -> None:
    manifest = publish(store, draft(), FILES.items())
    release = open_release(store, manifest.release)
    assert release.manifest == manifest
    assert {entry.path: release.read(entry.path) for entry in manifest.files} == FILES
    assert verify(release) == ()
    assert list_releases(store) == [manifest.release]


def test_a_release_is_named_after_its_time_in_utc(store: ObjectStore) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=3))).replace(microsecond=123)
    manifest = publish(store, draft(), FILES.items(), now=there)
    assert manifest.release.startswith("20261124T040500Z-")
    assert manifest.created_at == NOW


def test_releases_are_listed_oldest_first(store: ObjectStore) -> None:
    times = [NOW + timedelta(days=days) for days in (0, 2, 1)]
    first, third, second = (publish(store, draft(), FILES.items(), now=time) for time in times)
    assert list_releases(store) == [first.release, second.release, third.release]


def test_a_manifest_is_the_draft_of_the_next(store: ObjectStore) -> None:
    parent = publish(store, draft(), FILES.items(), now=NOW)
    heir = parent.model_copy(update={"parent": parent.release})
    child = publish(store, heir, FILES.items(), now=NOW + timedelta(seconds=1))
    assert child.parent == parent.release
    assert child.release > parent.release
    assert child.files == parent.files


@pytest.mark.parametrize("writes", range(len(FILES) + 1))
def test_whoever_dies_while_publishing_leaves_no_release(store: ObjectStore, writes: int) -> None:
    served = publish(store, draft(), FILES.items())
    with pytest.raises(Dead):
        publish(DyingStore(store, writes), draft(), FILES.items())
    assert len(list(store.keys("releases/"))) == len(FILES) + 1 + writes
    assert list_releases(store) == [served.release]
    unfinished = {key.split("/")[1] for key in store.keys("releases/")} - {served.release}
    for release in unfinished:
        with pytest.raises(NotFound, match="there is no release"):
            open_release(store, release)


KILLED = """
import os, signal, sys
from artifacts.publish import publish
from artifacts.stores import open_store
from tests.artifacts.examples import FILES, draft

def files():
    yield from list(FILES.items())[:3]
    os.kill(os.getpid(), signal.SIGKILL)

publish(open_store(sys.argv[1]), draft(), files())
"""


def test_a_killed_publisher_leaves_no_release(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=Path.cwd(), env=os.environ, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    store = open_store(str(tmp_path))
    assert len(list(store.keys("releases/"))) == 3
    assert list_releases(store) == []


def test_a_release_that_is_not_exact_is_refused_before_anything_is_written(
    store: ObjectStore,
) -> None:
    with pytest.raises(NotExact, match="differs from the model on 3 of 500000 rows"):
        publish(store, draft(exact=False), FILES.items())
    assert list(store.keys("")) == []


def test_a_release_whose_gate_failed_is_published_for_people_to_look_at(store: ObjectStore) -> None:
    manifest = publish(store, draft(good=False), FILES.items())
    assert open_release(store, manifest.release).manifest == manifest


def test_a_release_without_a_file_it_needs_is_refused(store: ObjectStore) -> None:
    files = [item for item in FILES.items() if item[0] != "users/00001.parquet"]
    with pytest.raises(BrokenRelease, match=r"1 of the 4 .* users/00001\.parquet"):
        publish(store, draft(), files)
    assert list_releases(store) == []


def test_a_file_given_twice_is_refused(store: ObjectStore) -> None:
    with pytest.raises(BrokenRelease, match=r"posts\.parquet is given twice"):
        publish(store, draft(), [*FILES.items(), ("posts.parquet", b"")])
    assert list_releases(store) == []


def test_a_file_cannot_pose_as_the_manifest(store: ObjectStore) -> None:
    with pytest.raises(BrokenRelease, match=r"manifest\.json"):
        publish(store, draft(), [("manifest.json", b"{}")])
    assert list(store.keys("")) == []


def test_a_file_outside_the_release_is_refused(store: ObjectStore) -> None:
    with pytest.raises(InvalidAddress):
        publish(store, draft(), [("../../channels/production.json", b"{}")])
    assert list(store.keys("")) == []


class Counted(bytes):
    """Bytes that know how many of their kind are alive."""

    alive = 0
    most = 0

    def __init__(self, _: bytes) -> None:
        Counted.alive += 1
        Counted.most = max(Counted.most, Counted.alive)

    def __del__(self) -> None:
        Counted.alive -= 1


def test_no_two_files_are_held_at_once(tmp_path: Path) -> None:
    # A generator expression holds none of the bytes it has handed over.
    publish(open_store(str(tmp_path)), draft(), ((path, Counted(FILES[path])) for path in FILES))
    assert Counted.most == 1
    assert Counted.alive == 0
