"""A store in an S3 bucket, by conditional writes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from artifacts.errors import AlreadyExists, ArtifactError, Conflict, NotFound, StoreUnavailable
from artifacts.keys import checked_key, is_key
from artifacts.stores.base import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Seconds. S3 answers in tens of milliseconds; a function's whole init may take ten seconds.
_CONNECT_TIMEOUT = 3
_READ_TIMEOUT = 15
_ATTEMPTS = 3
# Seconds before a refused creation is tried again, times the number of the attempt.
_PAUSE = 0.1

_HTTP_CONFLICT = 409
_HTTP_PRECONDITION_FAILED = 412


def connect() -> "S3Client":
    """A client with region, endpoint and credentials from the environment, as boto3 finds them.

    Raises:
        StoreUnavailable: they make no client.
    """
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT,
        read_timeout=_READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    try:
        return Session().client("s3", config=config)
    except (BotoCoreError, ValueError) as error:
        raise StoreUnavailable(f"there is no way to S3: {error}") from error


class S3Store:
    """Objects under a prefix of a bucket.

    A reader needs s3:GetObject on the prefix; a writer s3:PutObject too; s3:ListBucket is needed
    for `keys`, and to tell a missing object from a forbidden one.
    """

    def __init__(self, client: "S3Client", bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        stripped = prefix.strip("/")
        self._prefix = f"{stripped}/" if stripped else ""

    def read(self, key: str) -> StoredObject:
        """See ObjectStore."""
        full = self._prefix + checked_key(key)
        attempt = 1
        while True:
            with self._explained(full):
                answer = self._client.get_object(Bucket=self._bucket, Key=full)
                try:
                    return StoredObject(answer["Body"].read(), answer["ETag"])
                except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
                    # boto3 repeats a request, but not one whose answer broke off in its body.
                    if attempt == _ATTEMPTS:
                        raise
            attempt += 1

    def create(self, key: str, data: bytes) -> None:
        """See ObjectStore."""
        full = self._prefix + checked_key(key)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._explained(full):
                    self._client.put_object(
                        Bucket=self._bucket, Key=full, Body=data, IfNoneMatch="*"
                    )
            except Conflict:
                existing = self._read_if_exists(key)
                if existing is None:
                    # 409: another creation was under way, and it may yet fail.
                    time.sleep(_PAUSE * attempt)
                    continue
                if existing.data != data:
                    raise AlreadyExists(f"{self._url(full)} already exists") from None
            return
        raise Conflict(f"{self._url(full)} is being created by somebody else")

    def replace(self, key: str, data: bytes, version: str) -> None:
        """See ObjectStore."""
        full = self._prefix + checked_key(key)
        try:
            with self._explained(full):
                self._client.put_object(Bucket=self._bucket, Key=full, Body=data, IfMatch=version)
        except (Conflict, NotFound):
            existing = self._read_if_exists(key)
            if existing is None or existing.data != data:
                raise Conflict(f"{self._url(full)} was changed by somebody else") from None

    def keys(self, prefix: str) -> Iterator[str]:
        """See ObjectStore."""
        full = self._prefix + prefix
        pages = self._client.get_paginator("list_objects_v2")
        with self._explained(full):
            found = [
                item["Key"].removeprefix(self._prefix)
                for page in pages.paginate(Bucket=self._bucket, Prefix=full)
                for item in page.get("Contents", ())
            ]
        yield from sorted(filter(is_key, found))

    def _read_if_exists(self, key: str) -> StoredObject | None:
        try:
            return self.read(key)
        except NotFound:
            return None

    def _url(self, full: str) -> str:
        return f"s3://{self._bucket}/{full}"

    @contextmanager
    def _explained(self, full: str) -> Iterator[None]:
        """Turn boto3's errors into this room's."""
        try:
            yield
        except ClientError as error:
            raise _explain(self._url(full), error) from error
        except BotoCoreError as error:
            raise StoreUnavailable(f"{self._url(full)}: {error}") from error


def _explain(url: str, error: ClientError) -> ArtifactError:
    code = error.response.get("Error", {}).get("Code", "an unnamed error")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    # A bucket that does not exist is a wrong address: it must not pass for an empty store.
    if code == "NoSuchKey":
        return NotFound(f"{url} does not exist")
    if status in {_HTTP_CONFLICT, _HTTP_PRECONDITION_FAILED}:
        return Conflict(f"{url}: S3 answered {code}")
    hint = ""
    if code == "AccessDenied":
        hint = "; to a reader without s3:ListBucket a key that does not exist looks the same"
    return StoreUnavailable(f"{url}: S3 answered {code} (HTTP {status}){hint}")
