"""An S3 server speaking HTTP, for the tests: moto's, made atomic, and able to fail on demand."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from boto3.session import Session
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from mypy_boto3_s3 import S3Client

from tools.wsgi import listening

HOST = "127.0.0.1"
REGION = "us-east-1"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        method: The HTTP method of the request it is for.
        status: The HTTP status answered instead of the true one; None keeps the true answer but
            cuts its body short.
        code: The S3 error code in the answer.
        done: Whether the request is carried out all the same, so that only its answer is lost.
    """

    method: str
    status: int | None
    code: str = ""
    done: bool = False


@dataclass
class S3Server:
    """The server, and the faults its next requests meet, in order."""

    endpoint: str = ""
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # S3 decides on conditional writes atomically; moto's threads look first and write later.
        with self._lock:
            fault = self._fault(environ["REQUEST_METHOD"])
            if fault is None:
                return list(self._moto(environ, start_response))
            if fault.status is None:
                return [b"".join(self._moto(environ, start_response))[:-1]]
            if fault.done:
                list(self._moto(environ, lambda *_: None))
            start_response(f"{fault.status} Fault", [("Content-Type", "application/xml")])
            return [f"<Error><Code>{fault.code}</Code></Error>".encode()]

    def _fault(self, method: str) -> Fault | None:
        if self.faults and self.faults[0].method == method:
            return self.faults.pop(0)
        return None


@pytest.fixture(scope="session")
def running_s3() -> Iterator[S3Server]:
    """The server of the whole session: who gives it faults, uses `s3_server`."""
    app = S3Server()
    with listening(app, HOST) as app.endpoint:
        yield app


@pytest.fixture(scope="session")
def s3_endpoint(running_s3: S3Server) -> str:
    """The server's URL; nothing in the environment points to it."""
    return running_s3.endpoint


@pytest.fixture
def s3_server(running_s3: S3Server) -> Iterator[S3Server]:
    """The server, to let requests fail; what was not met by the end of the test is forgotten."""
    yield running_s3
    running_s3.faults.clear()


@pytest.fixture(scope="session")
def s3_admin(s3_endpoint: str) -> S3Client:
    """A client that may do anything, made once: making one takes a third of a second."""
    return Session().client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - moto accepts any
        config=Config(proxies={}),
    )


@pytest.fixture
def s3_bucket(s3_endpoint: str, s3_admin: S3Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh bucket, with the environment set so that a boto3 session finds it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    # Neither the developer's own settings nor a proxy may come between.
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("NO_PROXY", HOST)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    bucket = f"test-{uuid4()}"
    s3_admin.create_bucket(Bucket=bucket)
    return bucket
