"""Where credentials and region are looked for, and what is told where there are none."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from mypy_boto3_s3 import S3Client

from artifacts.errors import StoreUnavailable
from artifacts.stores import open_store
from tests.support.http_server import running
from tests.support.s3_server import HOST, S3Server
from tools.wsgi import listening

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass
class Signed(S3Server):
    """The server, and whose keys its requests were signed with."""

    keys: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        scope = environ["HTTP_AUTHORIZATION"].partition("Credential=")[2]
        token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "no token")
        self.keys.append(f"{scope.partition('/')[0]}, {token}")
        return super().__call__(environ, start_response)


@pytest.fixture
def s3(s3_bucket: str, s3_admin: S3Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Signed]:
    """A server of the bucket, and an environment without any credentials."""
    s3_admin.put_object(Bucket=s3_bucket, Key="a", Body=b"1")
    app = Signed()
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with listening(app, HOST) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        yield app


class Container(ThreadingHTTPServer):
    """Hands out credentials as Lambda does with SnapStart: the next of a row to each who asks."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), Hand)
        self.valid = timedelta(hours=1)
        self.given = 0


class Hand(BaseHTTPRequestHandler):
    server: Container

    def do_GET(self) -> None:
        if self.headers["Authorization"] != "a token":
            self.send_error(403)
            return
        self.server.given += 1
        credentials = {
            "AccessKeyId": f"key{self.server.given}",
            "SecretAccessKey": "secret",
            "Token": f"token{self.server.given}",
            "Expiration": f"{datetime.now(UTC) + self.server.valid:%Y-%m-%dT%H:%M:%SZ}",
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(credentials).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    with running(Container()) as server:
        address = f"http://{HOST}:{server.server_port}/credentials"
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a token")
        yield server


def profiles(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (folder / "config").write_text(text, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))


def test_the_keys_of_the_environment_come_first(
    s3: Signed, s3_bucket: str, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "none-that-exists")
    for name in KEYS:
        monkeypatch.setenv(name, "mine")
    assert open_store(f"s3://{s3_bucket}").read("a").data == b"1"
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    assert open_store(f"s3://{s3_bucket}").read("a").data == b"1"
    monkeypatch.setenv("AWS_SESSION_TOKEN", "")
    assert open_store(f"s3://{s3_bucket}").read("a").data == b"1"
    assert s3.keys == ["mine, no token", "mine, session", "mine, no token"]
    assert container.given == 0


def test_the_credentials_of_lambda_are_asked_for_once_while_they_are_good(
    s3: Signed, s3_bucket: str, container: Container
) -> None:
    store = open_store(f"s3://{s3_bucket}")
    for _ in range(3):
        assert store.read("a").data == b"1"
    assert s3.keys == ["key1, token1"] * 3
    assert container.given == 1


def test_the_credentials_of_lambda_are_asked_for_again_before_they_expire(
    s3: Signed, s3_bucket: str, container: Container
) -> None:
    container.valid = timedelta(minutes=4)
    store = open_store(f"s3://{s3_bucket}")
    store.read("a")
    time.sleep(0.2)  # obstore asks ten times a second at most
    container.valid = timedelta(hours=1)
    store.read("a")
    store.create("b", b"2")  # by a client of its own
    assert s3.keys == ["key1, token1", "key2, token2", "key3, token3"]


def test_credentials_that_lambda_does_not_give_are_a_sentence(
    s3: Signed, s3_bucket: str, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "another token")
    with pytest.raises(StoreUnavailable, match=r"a: no credentials: .* answered HTTP 403"):
        open_store(f"s3://{s3_bucket}").read("a")
    assert container.given == 0
    assert s3.keys == []


def test_the_credentials_of_lambda_are_asked_for_past_any_proxy(
    s3: Signed, s3_bucket: str, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert open_store(f"s3://{s3_bucket}").read("a").data == b"1"
    assert (container.given, len(s3.keys)) == (1, 1)


def test_a_profile_gives_keys_and_region(
    s3: Signed, s3_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles(tmp_path, monkeypatch, """\
[profile trainer]
region = us-east-1
aws_access_key_id = theirs
aws_secret_access_key = secret
""")  # fmt: skip
    monkeypatch.setenv("AWS_PROFILE", "trainer")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert open_store(f"s3://{s3_bucket}").read("a").data == b"1"
    assert s3.keys == ["theirs, no token"]


@pytest.mark.usefixtures("s3")
def test_a_profile_that_there_is_not_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StoreUnavailable, match=r"The config profile \(nobody\) could not be found"):
        open_store("s3://bucket")


def test_a_profile_whose_credentials_cannot_be_had_is_a_sentence(
    s3: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles(tmp_path, monkeypatch, "[default]\ncredential_process = false\n")
    with pytest.raises(StoreUnavailable, match="Error when retrieving credentials"):
        open_store("s3://bucket").read("a")
    assert s3.keys == []


@pytest.mark.usefixtures("s3")
def test_missing_credentials_are_a_sentence() -> None:
    with pytest.raises(StoreUnavailable, match="no credentials were found"):
        open_store("s3://bucket")


@pytest.mark.usefixtures("s3")
def test_a_missing_region_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(StoreUnavailable, match="no region is set"):
        open_store("s3://bucket")


@pytest.mark.usefixtures("s3")
def test_without_boto3_what_is_not_in_the_environment_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    with pytest.raises(StoreUnavailable, match="no credentials in the environment, and boto3 is"):
        open_store("s3://bucket")


OPENED = """
import sys
from artifacts.stores import open_store
try:
    open_store("s3://bucket").read("a")
except Exception as error:
    print(type(error).__name__)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"boto3", "botocore"}))
"""


def test_boto3_stays_out_where_lambda_gives_the_credentials(
    s3: Signed, container: Container
) -> None:
    del s3
    run = subprocess.run([sys.executable, "-c", OPENED], capture_output=True, text=True, check=True)
    assert run.stdout == "StoreUnavailable\n[]\n"
    assert container.given == 1
