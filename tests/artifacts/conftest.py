"""Every test that takes `store` runs against a folder and against S3."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from artifacts.stores import ObjectStore, open_store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Tamper = Callable[[str, bytes | None], None]


@pytest.fixture(params=["folder", "s3"])
def store_url(request: pytest.FixtureRequest) -> str:
    if request.param == "s3":
        return f"s3://{request.getfixturevalue('s3_bucket')}/some/prefix"
    return str(request.getfixturevalue("tmp_path") / "store")


@pytest.fixture
def store(store_url: str) -> ObjectStore:
    return open_store(store_url)


@pytest.fixture
def tamper(store_url: str, request: pytest.FixtureRequest) -> Tamper:
    """Change an object behind the store's back; None removes it."""

    def change_file(key: str, data: bytes | None) -> None:
        path = Path(store_url) / key
        if data is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def change_object(key: str, data: bytes | None) -> None:
        s3_admin: S3Client = request.getfixturevalue("s3_admin")
        bucket, _, prefix = store_url.removeprefix("s3://").partition("/")
        if data is None:
            s3_admin.delete_object(Bucket=bucket, Key=f"{prefix}/{key}")
        else:
            s3_admin.put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=data)

    return change_object if store_url.startswith("s3://") else change_file
