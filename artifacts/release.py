"""A published release, read with every byte checked."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from artifacts.errors import AccessDenied, BrokenRelease, NotFound
from artifacts.layout import MANIFEST, RELEASES, SIGNATURE, is_release_id, release_key
from artifacts.manifest import Manifest
from artifacts.signature import VERIFY_KEYS, has_signed, trusted_keys
from artifacts.stores import ObjectStore


@dataclass(frozen=True)
class Release:
    """A release in its store."""

    store: ObjectStore
    manifest: Manifest

    def read(self, path: str) -> bytes:
        """The bytes of a file, equal in size and sha256 to what the manifest says.

        Raises:
            BrokenRelease: the release has no such file, or its bytes are others.
            StoreUnavailable: the store cannot be read.
        """
        entry = self.manifest.file(path)
        name = f"{path} of release {self.manifest.release}"
        try:
            data = self.store.read(release_key(self.manifest.release, path)).data
        except NotFound as error:
            raise BrokenRelease(f"{name} is missing") from error
        if len(data) != entry.size:
            raise BrokenRelease(f"{name} has {len(data)} bytes instead of {entry.size}")
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise BrokenRelease(f"{name} was changed: its sha256 is not the manifest's")
        return data


def open_release(store: ObjectStore, release_id: str) -> Release:
    """Read a release's manifest, signed by one of LENTA_VERIFY_KEYS if there are any.

    Raises:
        NotFound: there is no such release (one without a manifest was never finished).
        BrokenRelease: its manifest is unreadable, or not signed by any that is trusted.
        InvalidKey: what LENTA_VERIFY_KEYS names is no key.
        InvalidAddress: `release_id` is none.
        StoreUnavailable: the store cannot be read.
    """
    try:
        data = store.read(release_key(release_id, MANIFEST)).data
    except NotFound as error:
        raise NotFound(f"there is no release {release_id}") from error
    _require_signed(store, release_id, data)
    try:
        manifest = Manifest.from_json(data)
    except BrokenRelease as error:
        raise BrokenRelease(f"release {release_id}: {error}") from error
    if manifest.release != release_id:
        raise BrokenRelease(f"release {release_id}: its manifest is that of {manifest.release}")
    return Release(store, manifest)


def _require_signed(store: ObjectStore, release_id: str, manifest: bytes) -> None:
    keys = trusted_keys()
    if not keys:
        return
    try:
        signature = store.read(release_key(release_id, SIGNATURE)).data
    # To the function S3 says of what is not there that it is forbidden; the manifest was not.
    except (NotFound, AccessDenied) as error:
        raise BrokenRelease(
            f"release {release_id} is not signed: it has no {SIGNATURE}, and {VERIFY_KEYS} is set"
        ) from error
    if not has_signed(keys, signature, manifest):
        raise BrokenRelease(
            f"release {release_id}: {SIGNATURE} is no signature of its manifest by any key in "
            f"{VERIFY_KEYS}"
        )


def list_releases(store: ObjectStore) -> list[str]:
    """The ids of all releases, oldest first; a folder without a manifest is none."""
    found = (key.removeprefix(RELEASES).split("/") for key in store.keys(RELEASES))
    return [parts[0] for parts in found if parts[1:] == [MANIFEST] and is_release_id(parts[0])]


def manifests(store: ObjectStore) -> Iterator[Manifest]:
    """Those of all releases that can be read, newest first.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    for release in reversed(list_releases(store)):
        try:
            yield open_release(store, release).manifest
        except (BrokenRelease, NotFound):
            continue


def verify(release: Release) -> tuple[str, ...]:
    """Read every file and return what is wrong with each, empty if the release is whole.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    problems = []
    for entry in release.manifest.files:
        try:
            release.read(entry.path)
        except BrokenRelease as error:
            problems.append(str(error))
    return tuple(problems)
