"""Publishing: files first, the manifest last, so that a release exists whole or not at all."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime

from pydantic import ValidationError

from artifacts.document import explain, to_second
from artifacts.errors import BrokenRelease
from artifacts.layout import MANIFEST, SIGNATURE, release_key
from artifacts.manifest import FileEntry, Manifest, ManifestDraft
from artifacts.proofs import require_exact
from artifacts.signature import message, to_file
from artifacts.signing import signer
from artifacts.stores import ObjectStore


def publish(
    store: ObjectStore,
    draft: ManifestDraft,
    files: Iterable[tuple[str, bytes]],
    now: datetime | None = None,
    others: Callable[[str], Iterable[FileEntry]] = lambda _release: (),
) -> Manifest:
    """Write a new release, signed if LENTA_SIGNING_KEY says so; it is served once it is promoted.

    Args:
        store: Where to.
        draft: What the trainer knows of it; an older manifest will do, changed where it differs.
        files: (path, bytes) of each file, taken one by one: no two are held at once.
        now: The time of publishing (aware); the present if None.
        others: Given the release's id, has files written into it by others, with `add_file`.

    Returns:
        The manifest as written.

    Raises:
        NotExact: the draft's graph was not exact; nothing is written.
        BrokenRelease: a path is given twice, or a file every release needs is not given; what was
            written has no manifest, so it is no release.
        InvalidAddress: a path is no key.
        InvalidKey: as `artifacts.signing.signer`; nothing is written.
        CannotSign: the same, or the key has become unusable since; then there is no release.
        StoreUnavailable: the store failed; as above, there is no release.
    """
    require_exact(draft.exactness)
    sign = signer()
    created_at = to_second(now)
    release = f"{created_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    entries = []
    taken = {MANIFEST, SIGNATURE}
    for path, data in files:
        if path in taken:
            raise BrokenRelease(f"release {release} is not published: {path} is given twice")
        taken.add(path)
        entries.append(add_file(store, release, path, data))
        del data  # or it would still be held while the next one is made
    entries.extend(others(release))
    try:
        manifest = Manifest.model_validate(
            {**dict(draft), "release": release, "created_at": created_at, "files": entries}
        )
    except ValidationError as error:
        raise BrokenRelease(f"release {release} is not published: {explain(error)}") from error
    data = manifest.to_json()
    if sign:
        store.create(release_key(release, SIGNATURE), to_file(sign(message(data))))
    store.create(release_key(release, MANIFEST), data)
    return manifest


def add_file(store: ObjectStore, release: str, path: str, data: bytes) -> FileEntry:
    """Write one file of a release that is being published.

    Raises:
        AlreadyExists: it holds other bytes.
        InvalidAddress: the path is no key.
        StoreUnavailable: the store failed.
    """
    store.create(release_key(release, path), data)
    return FileEntry(path=path, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
