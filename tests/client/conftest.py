"""The API over HTTP as people run it, and a server that answers what a test wants."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.handler import small
from tests.support.http_server import running
from tools.postgres import free_port
from tools.processes import listens, wait_until

Serve = Callable[..., "Served"]


@dataclass(frozen=True)
class Served:
    """`python -m handler`, and where it listens."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def handler(store: Path, **environment: str) -> Iterator[Served]:
    """The API over a store, with more variables."""
    port = free_port()
    command = [sys.executable, "-m", "handler", "--store", str(store), "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, **environment}) as process:
        try:
            assert wait_until(lambda: listens(port), process, seconds=60)
            yield Served(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts an API, which ends with the test."""
    with ExitStack() as stack:
        yield lambda store, **more: stack.enter_context(handler(store, **more))


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Of the small release."""
    store = tmp_path_factory.mktemp("client") / "store"
    small.put(store)
    with handler(store) as served:
        yield served


@dataclass(frozen=True)
class Asked:
    """A call as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is answered to one call."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Scripted:
    """A server that gives its answers in turn, and the last of them for ever."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A real server of HTTP; a test says its answers."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            script.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            answer = script.answers[min(len(script.asked), len(script.answers)) - 1]
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # a client may keep its connection
    script.url = f"http://127.0.0.1:{server.server_port}"
    with running(server):
        yield script
