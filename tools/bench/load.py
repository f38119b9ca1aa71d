"""Sustained load on one core: the app under uvicorn, asked by wrk."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.bench.subject import store
from tools.bench.table import Measured
from tools.postgres import free_port
from tools.processes import listens, wait_until

_START_SECONDS = 10
_SECONDS = 20
_CONNECTIONS = (1, 8)
_SCRIPT = Path(__file__).with_name("load.lua")
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def measure() -> Measured:
    """Requests a second, and the time of each, by the number of connections."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not on this machine: apt-get install wrk")
    port = free_port()
    command = ["-m", "handler", "--store", str(store()), "--port", str(port)]
    with subprocess.Popen(  # noqa: S603 - our own arguments
        ["taskset", "--cpu-list", "0", sys.executable, *command],  # noqa: S607 - of util-linux
        stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            if server.stdout is None or "serves" not in server.stdout.readline():
                raise SystemExit("the app did not start")
            if not wait_until(lambda: listens(port), server, _START_SECONDS):
                raise SystemExit("the app does not listen")
            _ask(port, 1, 2)  # so that it is warm
            rows = tuple(_ask(port, connections, _SECONDS) for connections in _CONNECTIONS)
        finally:
            server.terminate()
    return Measured(
        "load",
        f"5 of 7,023 posts over HTTP, uvicorn on one core, {_SECONDS} s each",
        ("connections", "requests a second", "p50, ms", "p99, ms", "errors"),
        rows,
    )


def _ask(port: int, connections: int, seconds: int) -> tuple[str | float, ...]:
    done = subprocess.run(  # noqa: S603 - our own arguments
        [  # noqa: S607 - found above
            "taskset", "--cpu-list", "1", "wrk", "--threads", "1", "--latency",
            "--connections", str(connections), "--duration", f"{seconds}s",
            "--script", str(_SCRIPT), f"http://127.0.0.1:{port}",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = done.stdout
    times = dict(re.findall(r"^\s+(\d+)%\s+(\S+)$", said, re.MULTILINE))
    (rate,) = re.findall(r"Requests/sec:\s+(\S+)", said)
    refused = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", said)))
    broken = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", said)))
    return (
        str(connections),
        float(rate),
        _milliseconds(times["50"]),
        _milliseconds(times["99"]),
        refused + broken,
    )


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([0-9.]+)(\w+)", text).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]
