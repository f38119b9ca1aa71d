"""Runs the built function as Lambda does, without Docker or an account.

AWS's Runtime Interface Emulator, which comes with aws-sam-cli, plays Lambda; AWS's Runtime
Interface Client, which Lambda's own Python runtime runs too, loads the function and calls it.
"""

import http.client
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tools.postgres import free_port
from tools.processes import listens, tail, wait_until
from tools.pythons import find_python, python_with

VERSIONS = ("3.13", "3.12")
"""Pythons of Lambda that the function runs on, the one it is deployed for first."""

_PROJECT = Path(__file__).resolve().parent.parent
_EMULATOR = "lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
_INVOKE = "/2015-03-31/functions/function/invocations"
_HANDLER = "handler.app.lambda_handler"
_START_SECONDS = 10
_CALL_SECONDS = 60
_STOP_SECONDS = 10
_INIT_REPORT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")

_LAMBDA = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    "AWS_LAMBDA_FUNCTION_NAME": "lenta",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": "20",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",  # as the template has it
    "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's own folder of the function cannot be written
}


class RuntimeDidNotStartError(RuntimeError):
    """A part of the runtime is missing, or the emulator did not listen in time."""


class FunctionFailedError(RuntimeError):
    """The function raised, ended or ran out of time; the message ends with its log."""


@dataclass(frozen=True)
class Runtime:
    """The function under the emulator. One call at a time: a second one would crash it."""

    _port: int
    _log: Path
    _emulator: psutil.Process

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """What the function returns for an event. The first call starts the function.

        Raises:
            FunctionFailedError: it did not return.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_CALL_SECONDS)
        try:
            connection.request("POST", _INVOKE, json.dumps(event).encode())
            response = connection.getresponse()
            status, body = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise FunctionFailedError(f"the emulator: {error}\n{self._tail()}") from error
        finally:
            connection.close()
        answer = json.loads(body) if status == http.client.OK else {}
        # An error of the function arrives with the status 200, too.
        if not isinstance(answer, dict) or "statusCode" not in answer:
            raise FunctionFailedError(f"{body.decode(errors='replace')}\n{self._tail()}")
        return answer

    def init_milliseconds(self) -> float | None:
        """How long the function's init phase took, or None before the first call."""
        found = _INIT_REPORT.search(self._log.read_text(errors="replace"))
        return float(found[1]) if found else None

    def peak_megabytes(self) -> float:
        """The most memory that the function's process has had so far."""
        return max(map(_peak, self._emulator.children(recursive=True)))

    def log(self) -> list[str]:
        """The lines that the function and the emulator have written so far."""
        return self._log.read_text(errors="replace").splitlines()

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]


@contextmanager
def lambda_runtime(
    function: Path, python: Path, environment: Mapping[str, str]
) -> Iterator[Runtime]:
    """Offer the function to calls, until the block ends.

    Args:
        function: the folder that `sam build` made.
        python: what runs it, see `runtime_python`.
        environment: the function's variables, and the AWS_* that Lambda would set. Nothing else of
            this process's environment reaches the function.

    Raises:
        RuntimeDidNotStartError: the emulator is not installed, or did not listen in time.
    """
    port, api_port = free_port(), free_port()
    with TemporaryDirectory(prefix="lambda-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            emulator = subprocess.Popen(  # noqa: S603 - our own arguments
                [
                    str(_emulator()), "--log-level", "info",  # it tells the time of the init phase
                    "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
                    "--runtime-api-address", f"127.0.0.1:{api_port}",
                    # Not resolved: a virtual environment is found by its own link to Python.
                    str(python.absolute()), "-m", "awslambdaric", _HANDLER,
                ],
                cwd=function, env={**_LAMBDA, **environment},
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,  # so that the function can be stopped with it
            )  # fmt: skip
        try:
            if not wait_until(lambda: listens(port), emulator, _START_SECONDS):
                raise RuntimeDidNotStartError(f"the emulator did not start:\n{tail(log)}")
            yield Runtime(port, log, psutil.Process(emulator.pid))
        finally:
            _stop(emulator)


def supported_python() -> str | None:
    """The first of VERSIONS that is on this machine."""
    return next((version for version in VERSIONS if find_python(version)), None)


def runtime_python(version: str) -> Path:
    """A Python that has the Runtime Interface Client and nothing else, made when first asked for.

    Raises:
        NoPythonError: `version` is not on this machine.
    """
    return python_with("runtime", version)


def _peak(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(kilobytes) * 1024 / 1e6


def _emulator() -> Path:
    found = next((_PROJECT / ".venv-sam").glob(_EMULATOR), None)
    if found is None:
        raise RuntimeDidNotStartError("the emulator of aws-sam-cli is not installed: make setup")
    return found


def _stop(emulator: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it ended by itself
        os.killpg(emulator.pid, signal.SIGTERM)
    try:
        emulator.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(emulator.pid, signal.SIGKILL)
        emulator.wait()
