"""What S3 may answer, and what becomes of it."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mypy_boto3_s3 import S3Client
from obstore.exceptions import GenericError, PermissionDeniedError

from artifacts.errors import AlreadyExists, Conflict, InvalidAddress, StoreUnavailable
from artifacts.stores import ObjectStore, open_store, s3
from tests.support.http_server import running
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


def test_a_replacement_that_met_one_that_failed_is_tried_again(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    bucket.create("a", b"1")
    version = bucket.read("a").version
    s3_server.faults.append(Fault("PUT", 409, "ConditionalRequestConflict"))
    bucket.replace("a", b"2", version)
    assert s3_server.faults == []
    assert bucket.read("a").data == b"2"


def test_a_replacement_that_always_meets_others_is_a_conflict(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    bucket.create("a", b"1")
    version = bucket.read("a").version
    s3_server.faults.extend([Fault("PUT", 409, "ConditionalRequestConflict")] * 3)
    with pytest.raises(Conflict, match="was changed by somebody else"):
        bucket.replace("a", b"2", version)
    assert bucket.read("a").data == b"1"


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
    assert isinstance(raised.value.__cause__, GenericError)
    assert "the connection to S3 broke off" in str(raised.value)


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
    assert isinstance(raised.value.__cause__, PermissionDeniedError)


@pytest.mark.usefixtures("s3_bucket")
def test_a_bucket_that_does_not_exist_is_no_empty_store() -> None:
    store = open_store("s3://there-is-no-such-bucket/prefix")
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        store.read("a")
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        store.create("a", b"1")
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        list(store.keys(""))


def test_a_replacement_in_a_bucket_that_does_not_exist_is_no_conflict(s3_bucket: str) -> None:
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        open_store(f"s3://{s3_bucket}-gone").replace("a", b"1", "version")


def test_an_answer_without_a_code_is_no_missing_object(
    bucket: ObjectStore, s3_server: S3Server
) -> None:
    s3_server.faults.append(Fault("GET", 404))
    with pytest.raises(StoreUnavailable, match=r"S3 answered an unnamed error \(HTTP 404\)"):
        bucket.read("a")


def test_a_bucket_of_another_region_is_a_sentence(bucket: ObjectStore, s3_server: S3Server) -> None:
    s3_server.faults.extend([Fault("GET", 301, "PermanentRedirect")] * 3)
    with pytest.raises(StoreUnavailable, match="in another region than AWS_REGION says"):
        bucket.read("a")


def test_a_failing_server_is_asked_three_times(bucket: ObjectStore, s3_server: S3Server) -> None:
    bucket.create("a", b"1")
    s3_server.faults.extend([Fault("GET", 503, "SlowDown")] * 2)
    assert bucket.read("a").data == b"1"
    s3_server.faults.extend([Fault("GET", 503, "SlowDown")] * 3)
    with pytest.raises(StoreUnavailable, match=r"SlowDown \(HTTP 503\)"):
        bucket.read("a")
    assert s3_server.faults == []


def test_a_server_that_nobody_runs_is_a_sentence(
    s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    with pytest.raises(StoreUnavailable) as raised:
        open_store(f"s3://{s3_bucket}").read("a")
    assert "S3 cannot be reached (Connection refused): " in str(raised.value)
    assert "http://127.0.0.1:1/" in str(raised.value)
    assert "Debug" not in str(raised.value)


def test_a_server_whose_name_nobody_knows_is_a_sentence(
    s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://s3.invalid")
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(StoreUnavailable, match=r"S3 cannot be reached \(failed to lookup address"):
        open_store(f"s3://{s3_bucket}").read("a")


@pytest.mark.usefixtures("s3_bucket")
@pytest.mark.parametrize("address", ["s3://no bucket/x", "s3://bucket/a//b", "s3://bucket/../b"])
def test_a_bucket_and_a_prefix_that_cannot_be_are_refused(address: str) -> None:
    with pytest.raises(InvalidAddress, match="is no "):
        open_store(address)


def test_an_object_whose_name_no_key_could_be_fails_the_listing_with_a_sentence(
    s3_bucket: str, s3_admin: S3Client
) -> None:
    s3_admin.put_object(Bucket=s3_bucket, Key="prefix/a//b", Body=b"")
    s3_admin.put_object(Bucket=s3_bucket, Key="prefix/b/c", Body=b"")
    store = open_store(f"s3://{s3_bucket}/prefix")
    assert list(store.keys("b/")) == ["b/c"]
    with pytest.raises(StoreUnavailable, match="prefix/a//b"):
        list(store.keys("a/"))


class SlowServer(ThreadingHTTPServer):
    """Takes uploads slowly, and never answers who reads.

    Attributes:
        lost: so many uploads get no answer.
        requests: the methods, in order.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Slow)
        self.lost = 0
        self.requests: list[str] = []
        self.over = threading.Event()


class Slow(BaseHTTPRequestHandler):
    server: SlowServer

    def do_PUT(self) -> None:
        self.server.requests.append("PUT")
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1_000_000)))
            time.sleep(0.1)
        if len(self.server.requests) <= self.server.lost:
            self.connection.close()
            return
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.requests.append("GET")
        self.server.over.wait(10)

    def log_message(self, *_: object) -> None:
        """Say nothing: a test's output is not a server's log."""


@pytest.fixture
def slow_server(s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowServer]:
    """A server slower than an answer is waited for."""
    del s3_bucket  # for its environment
    monkeypatch.setattr(s3, "_READ_TIMEOUT", timedelta(seconds=0.2))
    with running(SlowServer()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.over.set()


def test_an_upload_may_take_longer_than_an_answer(slow_server: SlowServer) -> None:
    open_store("s3://bucket").create("a", bytes(5_000_000))
    assert slow_server.requests == ["PUT"]


def test_a_write_whose_connection_broke_off_is_sent_again(slow_server: SlowServer) -> None:
    slow_server.lost = 2
    open_store("s3://bucket").create("a", b"1")
    assert slow_server.requests == ["PUT"] * 3


def test_a_server_that_does_not_answer_is_asked_three_times(slow_server: SlowServer) -> None:
    with pytest.raises(StoreUnavailable, match="S3 did not answer in time"):
        open_store("s3://bucket").read("a")
    assert slow_server.requests == ["GET"] * 3
