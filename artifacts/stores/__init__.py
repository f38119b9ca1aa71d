"""Where releases are kept: a folder or a bucket, behind one interface."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from artifacts.errors import InvalidAddress
from artifacts.stores.base import ObjectStore, StoredObject
from artifacts.stores.folder import FolderStore

__all__ = ["ObjectStore", "StoredObject", "open_store"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def open_store(url: str) -> ObjectStore:
    """Open a store; nothing is read or written yet.

    Args:
        url: `s3://bucket/prefix`, a folder's path, or its `file://` URL.

    Raises:
        InvalidAddress: the URL has another scheme, or names no bucket or folder.
        StoreUnavailable: the S3 client cannot be made from the environment.
    """
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else None
    if scheme == "s3":
        bucket, _, prefix = url[len("s3://") :].partition("/")
        if not bucket:
            raise InvalidAddress(f"{url!r} names no bucket: s3://bucket/prefix")
        # Whoever keeps releases in a folder needs no client of S3.
        from artifacts.stores.s3 import S3Store  # noqa: PLC0415 - see above

        return S3Store(bucket, prefix)
    if scheme == "file":
        parts = urlsplit(url)
        if parts.netloc not in {"", "localhost"} or not parts.path.strip("/"):
            raise InvalidAddress(f"{url!r} names no folder of this machine: file:///path")
        return FolderStore(Path(unquote(parts.path)))
    if scheme:
        raise InvalidAddress(f"{url!r} is no store: use s3://bucket/prefix or a folder")
    if not url:
        raise InvalidAddress("the store's address is empty: use s3://bucket/prefix or a folder")
    return FolderStore(Path(url))
