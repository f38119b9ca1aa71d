"""When no release can answer: 503, why, and when to try again; and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from artifacts.manifest import Manifest
from artifacts.moves import promote
from artifacts.stores import open_store
from handler.api import create_app
from handler.fetching import Fetching
from handler.pieces import ALONE_SECONDS
from handler.serving import RETRY_SECONDS
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client
from tests.support.clock import Clock

STORE_FAILS = "no release can answer now: the store cannot be read; the log says why"
CALLS = (
    ("GET", "/post/recommendations/?id=7", None),
    ("GET", "/v1/recommendations?id=7", None),
    ("POST", "/v1/rerank", {"user_id": 7, "post_ids": [10]}),
    ("GET", "/healthz", None),
)
SHARD_OF_7 = "users/00001.parquet"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def _client(store: Path | str, clock: Clock | None = None) -> Client:
    return Client(create_app(Settings(store=str(store)), clock or Clock()))


def _unavailable(answer: httpx.Response) -> str:
    """The reason that the answer gives."""
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == str(RETRY_SECONDS)
    detail: str = answer.json()["detail"]
    assert "Traceback" not in detail
    return detail


def _logged(capsys: pytest.CaptureFixture[str]) -> str:
    """The reason in the one line that tells of a store that fails."""
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    (reason,) = {line["reason"] for line in lines if "StoreFailed" in line}
    return str(reason)


def _folder(store: Path, manifest: Manifest) -> Path:
    return store / "releases" / manifest.release


def test_every_call_says_that_no_store_is_set() -> None:
    with _client("") as client:
        for method, url, body in CALLS:
            reason = _unavailable(client.request(method, url, json=body))
            assert reason == (
                "no release can answer now: "
                "ARTIFACT_STORE is not set: it names the store to serve from"
            )
        assert client.get("/").status_code == 200
        assert client.get("/docs").status_code == 200


def test_what_failed_while_the_function_started_is_not_told_again(store: Path) -> None:
    clock = Clock()
    settings = Settings(store=str(store))
    fetching = Fetching(settings)
    fetching.begin()
    with Client(create_app(settings, clock, fetching)) as client:
        _unavailable(client.get("/healthz"))
        small.put(store)
        clock.seconds += RETRY_SECONDS
        assert client.get("/healthz").status_code == 200


def test_bad_input_is_told_even_where_no_release_can_answer() -> None:
    with _client("") as client:
        assert client.get("/v1/recommendations?id=x").status_code == 422


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_store_and_one_that_does_not_exist_serve_nothing(
    store: Path, *, exists: bool
) -> None:
    if exists:
        store.mkdir()
    with _client(store) as client:
        reason = _unavailable(client.get("/healthz"))
    assert reason.endswith("nothing was ever promoted to the channel production")


@pytest.mark.parametrize("address", ["ftp://host/x", "s3://", "file://elsewhere/x"])
def test_a_store_that_cannot_be_is_told_in_the_log_alone(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _client(address) as client:
        assert _unavailable(client.get("/healthz")) == STORE_FAILS
    assert address in _logged(capsys)


def test_a_folder_that_cannot_be_read_is_told_in_the_log_alone(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (store / "channels/production.json").mkdir(parents=True)
    (store / "channels/production.json").rmdir()
    (store / "channels/production.json").symlink_to("production.json")
    with _client(store) as client:
        assert _unavailable(client.get("/healthz")) == STORE_FAILS
    assert str(store) in _logged(capsys)


def test_a_channel_that_names_a_release_that_is_gone_is_told(store: Path) -> None:
    manifest = small.put(store)
    _folder(store, manifest).rename(store / "gone")
    with _client(store) as client:
        reason = _unavailable(client.get("/healthz"))
    assert reason.endswith(f"there is no release {manifest.release}")


def _change(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def _truncate(data: bytes) -> bytes:
    return data[:-1]


def _remove(_: bytes) -> None:
    return None


HARM = {_change: "was changed", _truncate: "bytes instead of", _remove: "is missing"}


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("path", ["ranker.onnx", "posts.parquet"])
def test_a_file_that_was_harmed_is_not_served_and_served_again_once_it_is_repaired(
    store: Path, path: str, harm: Callable[[bytes], bytes | None]
) -> None:
    file = _folder(store, small.put(store)) / path
    good = file.read_bytes()
    _write(file, harm(good))
    clock = Clock()
    with _client(store, clock) as client:
        for method, url, body in CALLS:
            assert HARM[harm] in _unavailable(client.request(method, url, json=body))
        _write(file, good)
        clock.seconds += RETRY_SECONDS - 0.1
        _unavailable(client.get("/healthz"))
        clock.seconds += 0.1
        for method, url, body in CALLS:
            assert client.request(method, url, json=body).status_code == 200


@pytest.mark.parametrize("harm", HARM)
def test_a_harmed_shard_makes_its_own_readers_unknown_until_it_is_repaired(
    store: Path, harm: Callable[[bytes], bytes | None], capsys: pytest.CaptureFixture[str]
) -> None:
    file = _folder(store, small.put(store)) / SHARD_OF_7
    good = file.read_bytes()
    _write(file, harm(good))
    clock = Clock()
    with _client(store, clock) as client:
        capsys.readouterr()
        for method, url, body in CALLS[:3]:
            assert client.request(method, url, json=body).status_code == 200
        told, *shown = map(json.loads, capsys.readouterr().out.splitlines())
        assert told["ShardFailed"] == [1.0]
        assert SHARD_OF_7 in told["reason"]
        assert HARM[harm] in told["reason"]
        assert [line["exposure"]["source"] for line in shown] == ["fallback"] * 3
        assert client.get("/v1/recommendations?id=8").json()["source"] == "model"
        _write(file, good)
        clock.seconds += ALONE_SECONDS
        assert client.get("/v1/recommendations?id=7").json()["source"] == "model"


def test_a_manifest_and_a_channel_that_are_unreadable_are_told(store: Path) -> None:
    manifest = small.put(store)
    for file in (_folder(store, manifest) / "manifest.json", store / "channels/production.json"):
        good = file.read_bytes()
        file.write_bytes(b"{}")
        with _client(store) as client:
            assert "unreadable" in _unavailable(client.get("/healthz"))
        file.write_bytes(good)


def test_a_failed_load_is_not_repeated_at_every_call(store: Path) -> None:
    clock = Clock()
    with _client(store, clock) as client:
        first = _unavailable(client.get("/healthz"))
        small.put(store)
        assert _unavailable(client.get("/healthz")) == first
        clock.seconds += RETRY_SECONDS
        assert client.get("/healthz").status_code == 200


def test_a_release_once_loaded_answers_whatever_becomes_of_its_files(store: Path) -> None:
    manifest = small.put(store)
    with _client(store) as client:
        for file in ("ranker.onnx", "posts.parquet", "manifest.json"):
            (_folder(store, manifest) / file).unlink()
        assert client.get("/v1/recommendations?id=7").status_code == 200


def test_a_bucket_that_does_not_answer_is_told_in_the_log_alone(
    s3_bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _client(f"s3://{s3_bucket}-gone/prefix") as client:
        assert _unavailable(client.get("/healthz")) == STORE_FAILS
    told = _logged(capsys)
    assert f"s3://{s3_bucket}-gone/prefix" in told
    assert "NoSuchBucket" in told


def test_a_release_in_a_bucket_is_served(s3_bucket: str, store: Path) -> None:
    url = f"s3://{s3_bucket}/prefix"
    manifest = small.put(store)
    bucket = open_store(url)
    folder = open_store(str(store))
    for path in (*(entry.path for entry in manifest.files), "manifest.json"):
        key = f"releases/{manifest.release}/{path}"
        bucket.create(key, folder.read(key).data)
    promote(bucket, manifest.release)
    with _client(url) as client:
        answer = client.get("/v1/recommendations?id=7&time=2021-10-12T12:00:00&limit=100").json()
    assert [post["id"] for post in answer["recommendations"]] == small.feed(7, 12)


def _write(file: Path, data: bytes | None) -> None:
    if data is None:
        file.unlink()
    else:
        file.write_bytes(data)
