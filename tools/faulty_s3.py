"""An S3 server that fails as it is told to, and for as long."""

import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Answer = tuple[str, list[tuple[str, str]], bytes]
Fault = Callable[["FaultyS3", WSGIEnvironment], Answer]

STALL = 30.0
"""Seconds."""


class FaultyS3:
    """Hands requests on to the server behind it, but for those that meet a fault."""

    def __init__(self, behind: WSGIApplication) -> None:
        self._behind = behind
        self._fault: tuple[str, Fault] | None = None
        self._healed = threading.Event()

    def break_down(self, part: str, fault: Fault) -> None:
        """From now on whoever reads a key that contains `part` meets the fault."""
        self._healed.clear()
        self._fault = part, fault

    def heal(self) -> None:
        """End the fault; who is waiting gets an answer."""
        self._fault = None
        self._healed.set()

    def wait(self) -> None:
        """Keep a request waiting."""
        self._healed.wait(STALL)

    def ask(self, environ: WSGIEnvironment) -> Answer:
        """What the server behind answers."""
        found: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[..., object]:
            found["head"] = status, headers
            return lambda _: None

        body = b"".join(self._behind(environ, start))
        return *found["head"], body

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        part, fault = self._fault or ("", _no_fault)
        hit = environ["REQUEST_METHOD"] in {"GET", "HEAD"} and part in environ["PATH_INFO"]
        status, headers, body = (fault if hit else _no_fault)(self, environ)
        start_response(status, headers)
        return [body]


def answers(status: HTTPStatus, code: str) -> Fault:
    """S3's error of that code."""

    def fault(_: FaultyS3, __: WSGIEnvironment) -> Answer:
        body = f"<Error><Code>{code}</Code></Error>".encode()
        return f"{status.value} {status.phrase}", [("Content-Type", "application/xml")], body

    return fault


def stalls(server: FaultyS3, environ: WSGIEnvironment) -> Answer:
    """Nothing comes for STALL seconds."""
    server.wait()
    return server.ask(environ)


def cuts(server: FaultyS3, environ: WSGIEnvironment) -> Answer:
    """The connection ends in the middle of the body."""
    status, headers, body = server.ask(environ)
    return status, _with_length(headers, len(body)), body[: len(body) // 2]


def flips(server: FaultyS3, environ: WSGIEnvironment) -> Answer:
    """A bit in the middle of the body is another."""
    status, headers, body = server.ask(environ)
    if not body:  # it has not changed, and is not sent
        return status, headers, body
    middle = len(body) // 2
    return status, headers, body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def answers_instead(old: str, new: str) -> Fault:
    """Another object is sent: the one whose key has `new` for `old`."""

    def fault(server: FaultyS3, environ: WSGIEnvironment) -> Answer:
        path = environ["PATH_INFO"].replace(old, new)
        return server.ask({**environ, "PATH_INFO": path, "RAW_URI": path, "REQUEST_URI": path})

    return fault


def _no_fault(server: FaultyS3, environ: WSGIEnvironment) -> Answer:
    return server.ask(environ)


def _with_length(headers: list[tuple[str, str]], length: int) -> list[tuple[str, str]]:
    others = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return [*others, ("Content-Length", str(length))]
