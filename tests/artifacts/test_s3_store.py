"""What S3 may answer, and what becomes of it."""

from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from artifacts.errors import AlreadyExists, Conflict, StoreUnavailable
from artifacts.stores import ObjectStore, open_store
from tests.support.s3_server import Fault, S3Server


@pytest.fixture
def bucket(s3_bucket: str) -> ObjectStore:
    return open_store(f"s3://{s3_bucket}/prefix")


def test_the_prefix_keeps_stores_of_one_bucket_apart(s3_bucket: str) -> None:
    open_store(f"s3://{s3_bucket}/one/").create("a", b"1")
    open_store(f"s3://{s3_bucket}/onetwo").create("b", b"2")
    assert list(open_store(f"s3://{s3_bucket}/one").keys("")) == ["a"]
    assert list(open_store(f"s3://{s3_bucket}").keys("")) == ["one/a", "onetwo/b"]


def test_keys_are_listed_over_several_pages(
    bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    keys = [f"a/{number}" for number in range(5)]
    for key in keys:
        bucket.create(key, b"")
    assert list(bucket.keys("a/")) == keys


def test_a_creation_whose_answer_was_lost_is_a_success(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    s3_server.faults.append(Fault("PUT", 500, "InternalError", done=True))
    bucket.create("a", b"1")
    assert s3_server.faults == []
    assert bucket.read("a").data == b"1"


def test_a_replacement_whose_answer_was_lost_is_a_success(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    bucket.create("a", b"1")
    version = bucket.read("a").version
    s3_server.faults.append(Fault("PUT", 500, "InternalError", done=True))
    bucket.replace("a", b"2", version)
    assert s3_server.faults == []
    assert bucket.read("a").data == b"2"


def test_a_creation_that_met_one_that_failed_is_tried_again(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    s3_server.faults.append(Fault("PUT", 409, "ConditionalRequestConflict"))
    bucket.create("a", b"1")
    assert s3_server.faults == []
    assert bucket.read("a").data == b"1"


def test_a_creation_that_met_one_that_succeeded_is_refused(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    bucket.create("a", b"theirs")
    s3_server.faults.append(Fault("PUT", 409, "ConditionalRequestConflict"))
    with pytest.raises(AlreadyExists):
        bucket.create("a", b"ours")


def test_a_creation_that_always_meets_others_is_a_conflict(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    s3_server.faults.extend([Fault("PUT", 409, "ConditionalRequestConflict")] * 3)
    with pytest.raises(Conflict, match="is being created by somebody else"):
        bucket.create("a", b"1")


def test_a_replacement_that_met_another_is_a_conflict(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    bucket.create("a", b"1")
    version = bucket.read("a").version
    s3_server.faults.append(Fault("PUT", 409, "ConditionalRequestConflict"))
    with pytest.raises(Conflict):
        bucket.replace("a", b"2", version)


def test_an_object_whose_transfer_broke_off_is_read_again(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    bucket.create("a", b"0123456789")
    s3_server.faults.extend([Fault("GET", None)] * 2)
    assert bucket.read("a").data == b"0123456789"
    assert s3_server.faults == []


def test_an_object_whose_transfer_always_breaks_off_is_unavailable(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    bucket.create("a", b"0123456789")
    s3_server.faults.extend([Fault("GET", None)] * 3)
    with pytest.raises(StoreUnavailable) as raised:
        bucket.read("a")
    assert isinstance(raised.value.__cause__, BotoCoreError)


def test_refused_access_names_the_object_and_what_may_be_missing(
    bucket: ObjectStore, s3_server: S3Server, s3_bucket: str
) -> None:
    s3_server.faults.append(Fault("GET", 403, "AccessDenied"))
    with pytest.raises(StoreUnavailable) as raised:
        bucket.read("a/b")
    assert str(raised.value) == (
        f"s3://{s3_bucket}/prefix/a/b: S3 answered AccessDenied (HTTP 403); "
        "to a reader without s3:ListBucket a key that does not exist looks the same"
    )
    assert isinstance(raised.value.__cause__, ClientError)


@pytest.mark.usefixtures("s3_bucket")
def test_a_bucket_that_does_not_exist_is_no_empty_store() -> None:
    store = open_store("s3://there-is-no-such-bucket/prefix")
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        store.read("a")
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        store.create("a", b"1")
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        list(store.keys(""))


def test_missing_credentials_are_a_sentence(
    bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bucket.create("a", b"1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(StoreUnavailable, match="Unable to locate credentials"):
        open_store("s3://bucket").read("a")


def test_an_endpoint_that_is_none_is_a_sentence(
    s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "nowhere")
    with pytest.raises(StoreUnavailable, match="nowhere"):
        open_store(f"s3://{s3_bucket}")
