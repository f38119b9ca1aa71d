from datetime import timedelta

import pytest

from artifacts.errors import BrokenRelease, InvalidAddress, NotFound, StoreUnavailable
from artifacts.manifest import Manifest
from artifacts.publish import publish
from artifacts.release import list_releases, manifests, open_release, verify
from artifacts.stores import ObjectStore, open_store
from tests.artifacts.conftest import Tamper
from tests.artifacts.examples import FILES, NOW, draft
from tests.support.s3_server import Fault, S3Server


@pytest.fixture
def published(store: ObjectStore) -> Manifest:
    return publish(store, draft(), FILES.items(), now=NOW)


DAMAGES = {
    "a flipped bit": (b"some postr", "was changed: its sha256 is not the manifest's"),
    "a truncated file": (b"some post", "has 9 bytes instead of 10"),
    "a file that grew": (b"some posts ", "has 11 bytes instead of 10"),
    "a missing file": (None, "is missing"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_and_the_others_are_read(
    store: ObjectStore, published: Manifest, tamper: Tamper, damage: str
) -> None:
    data, complaint = DAMAGES[damage]
    tamper(f"releases/{published.release}/posts.parquet", data)
    release = open_release(store, published.release)
    with pytest.raises(BrokenRelease, match=f"posts.parquet of release .* {complaint}"):
        release.read("posts.parquet")
    assert release.read("ranker.onnx") == FILES["ranker.onnx"]


def test_verifying_names_every_damage(
    store: ObjectStore, published: Manifest, tamper: Tamper
) -> None:
    name = published.release
    tamper(f"releases/{name}/ranker.onnx", b"A graph")
    tamper(f"releases/{name}/posts.parquet", b"")
    tamper(f"releases/{name}/users/00001.parquet", None)
    assert verify(open_release(store, name)) == (
        f"ranker.onnx of release {name} was changed: its sha256 is not the manifest's",
        f"posts.parquet of release {name} has 0 bytes instead of 10",
        f"users/00001.parquet of release {name} is missing",
    )


def test_a_file_the_manifest_does_not_list_is_not_read(
    store: ObjectStore, published: Manifest, tamper: Tamper
) -> None:
    tamper(f"releases/{published.release}/smuggled.onnx", b"a graph")
    with pytest.raises(BrokenRelease, match=r"has no file smuggled\.onnx"):
        open_release(store, published.release).read("smuggled.onnx")


def test_a_release_that_is_not_there_is_not_found(store: ObjectStore, published: Manifest) -> None:
    other = published.release[:-8] + "00000000"
    with pytest.raises(NotFound, match=f"there is no release {other}"):
        open_release(store, other)


def test_what_is_no_release_id_is_refused(store: ObjectStore) -> None:
    with pytest.raises(InvalidAddress):
        open_release(store, "../channels")


def test_an_unreadable_manifest_is_refused_with_the_release_named(
    store: ObjectStore, published: Manifest, tamper: Tamper
) -> None:
    tamper(f"releases/{published.release}/manifest.json", b"{")
    with pytest.raises(BrokenRelease, match=f"release {published.release}: the manifest is unread"):
        open_release(store, published.release)


def test_the_manifest_of_another_release_is_refused(
    store: ObjectStore, published: Manifest, tamper: Tamper
) -> None:
    other = published.release[:-8] + "00000000"
    tamper(f"releases/{other}/manifest.json", published.to_json())
    with pytest.raises(BrokenRelease, match=f"its manifest is that of {published.release}"):
        open_release(store, other)


def test_only_finished_releases_are_listed(
    store: ObjectStore, published: Manifest, tamper: Tamper
) -> None:
    tamper("releases/20270101T000000Z-00000000/ranker.onnx", b"unfinished")
    tamper("releases/20270101T000000Z-00000000/old/manifest.json", b"deeper")
    tamper("releases/notes/manifest.json", b"no release id")
    assert list_releases(store) == [published.release]


def test_a_store_that_fails_is_not_taken_for_a_broken_release(
    s3_bucket: str, s3_server: S3Server
) -> None:
    store = open_store(f"s3://{s3_bucket}")
    release = open_release(store, publish(store, draft(), FILES.items()).release)
    s3_server.faults.append(Fault("GET", 403, "AccessDenied"))
    with pytest.raises(StoreUnavailable):
        verify(release)


def test_manifests_come_newest_first_without_those_that_cannot_be_read(
    store: ObjectStore, tamper: Tamper
) -> None:
    made = [
        publish(store, draft(), FILES.items(), now=NOW + timedelta(hours=hour)) for hour in range(3)
    ]
    tamper(f"releases/{made[1].release}/manifest.json", b"{")
    assert list(manifests(store)) == [made[2], made[0]]
