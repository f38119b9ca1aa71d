"""A store in an S3 bucket, by conditional writes."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import BaseError, NotModifiedError
from obstore.store import S3Store as Client

from artifacts.errors import (
    AlreadyExists,
    Conflict,
    InvalidAddress,
    NotFound,
    StoreUnavailable,
)
from artifacts.keys import checked_key, is_key
from artifacts.stores import aws
from artifacts.stores.base import StoredObject
from artifacts.stores.s3_errors import explain, may_pass, text_of

if TYPE_CHECKING:
    from obstore import GetOptions, PutMode
    from obstore.store import ClientConfig, S3Config

# S3 answers in tens of milliseconds; a function's whole init may take ten seconds.
_CONNECT_TIMEOUT = timedelta(seconds=3)
_READ_TIMEOUT = timedelta(seconds=15)
# Of a whole transfer: an upload has no other limit, as obstore's read timeout runs from its start.
_TRANSFER_TIMEOUT = timedelta(minutes=10)
_ATTEMPTS = 3
# Seconds before the second attempt, and twice that before the third.
_PAUSE = 0.1

# As botocore has it; obstore panics at some others.
_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}")

T = TypeVar("T")


class S3Store:
    """Objects under a prefix of a bucket.

    A reader needs s3:GetObject on the prefix; a writer s3:PutObject too; s3:DeleteObject is needed
    for `remove`; s3:ListBucket for `keys`, and to tell a missing object from a forbidden one.

    Args:
        bucket: its name.
        prefix: of all keys; slashes around it do not matter.

    Raises:
        InvalidAddress: bucket or prefix cannot be.
        StoreUnavailable: region, endpoint or credentials are missing or make no client.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        if not _BUCKET.fullmatch(bucket):
            raise InvalidAddress(f"{bucket!r} is no bucket's name")
        self._bucket = bucket
        self._prefix = prefix.strip("/")
        region = aws.region()
        url, own_host = aws.bucket_url(bucket, region)
        self._config: S3Config = {
            "region": region,
            "aws_endpoint_url_s3": url,
            "virtual_hosted_style_request": own_host,
        }
        self._certificates = aws.certificates()
        self._credentials = aws.credential_provider()
        self._reader = self._connect({"read_timeout": _READ_TIMEOUT})

    @cached_property
    def _writer(self) -> Client:
        return self._connect({})

    def _connect(self, timeouts: "ClientConfig") -> Client:
        try:
            return Client(
                self._bucket,
                prefix=self._prefix or None,
                config=self._config,
                credential_provider=self._credentials,
                client_options={
                    "allow_http": self._config["aws_endpoint_url_s3"].startswith("http://"),
                    "connect_timeout": _CONNECT_TIMEOUT,
                    "timeout": _TRANSFER_TIMEOUT,
                    **self._certificates,
                    **timeouts,
                },
                # `_repeated` does it: obstore gives up a write whose answer was lost.
                retry_config={"max_retries": 0},
            )
        except ValueError as error:
            raise InvalidAddress(f"{self._prefix!r} is no prefix: {text_of(error)}") from error
        except BaseError as error:
            raise StoreUnavailable(f"there is no way to S3: {text_of(error)}") from error

    def read(self, key: str) -> StoredObject:
        """See ObjectStore."""
        path = checked_key(key)

        return self._repeated(path, lambda: self._get(path, {}))

    def read_unless(self, key: str, version: str) -> StoredObject | None:
        """See ObjectStore."""
        path = checked_key(key)

        def read() -> StoredObject | None:
            try:
                return self._get(path, {"if_none_match": version})
            except NotModifiedError:
                return None

        return self._repeated(path, read)

    def create(self, key: str, data: bytes) -> None:
        """See ObjectStore."""
        try:
            self._put(key, data, "create")
        except Conflict:
            existing = self._read_if_exists(key)
            if existing is None:
                raise Conflict(f"{self._url(key)} is being created by somebody else") from None
            if existing.data != data:
                raise AlreadyExists(f"{self._url(key)} already exists") from None

    def replace(self, key: str, data: bytes, version: str) -> None:
        """See ObjectStore."""
        try:
            self._put(key, data, {"e_tag": version})
        except (Conflict, NotFound):
            existing = self._read_if_exists(key)
            if existing is None or existing.data != data:
                raise Conflict(f"{self._url(key)} was changed by somebody else") from None

    def remove(self, key: str) -> None:
        """See ObjectStore."""
        path = checked_key(key)
        self._repeated(path, lambda: obstore.delete(self._writer, path))

    def keys(self, prefix: str) -> Iterator[str]:
        """See ObjectStore."""
        # obstore's own prefixes are whole folders.
        folder = prefix.rpartition("/")[0]

        def listed() -> list[str]:
            pages = obstore.list(self._reader, folder or None, chunk_size=1000)
            return [item["path"] for page in pages for item in page]

        found = self._repeated(prefix, listed)
        yield from sorted(key for key in found if key.startswith(prefix) and is_key(key))

    def _get(self, path: str, options: "GetOptions") -> StoredObject:
        answer = obstore.get(self._reader, path, options=options)
        return StoredObject(bytes(answer.bytes()), answer.meta["e_tag"] or "")

    def _put(self, key: str, data: bytes, mode: "PutMode") -> None:
        path = checked_key(key)
        self._repeated(path, lambda: obstore.put(self._writer, path, data, mode=mode))

    def _read_if_exists(self, key: str) -> StoredObject | None:
        try:
            return self.read(key)
        except NotFound:
            return None

    def _url(self, path: str) -> str:
        return "s3://" + "/".join(filter(None, (self._bucket, self._prefix, path)))

    def _repeated(self, path: str, request: Callable[[], T]) -> T:
        """What the request answers, made anew where it may yet succeed."""
        attempt = 1
        while True:
            try:
                return request()
            except (BaseError, FileNotFoundError) as error:
                if attempt == _ATTEMPTS or not may_pass(error):
                    raise explain(self._url(path), error) from error
            time.sleep(_PAUSE * attempt)
            attempt += 1
