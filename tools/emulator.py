"""An emulator of AWS on this machine, to which a stack can be deployed without an account.

MiniStack, in the function's own Python, since it runs functions in a process of its own Python.
https://github.com/ministackorg/ministack
"""

import os
import shutil
import signal
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.postgres import free_port
from tools.processes import tail, wait_until
from tools.pythons import python_with

REGION = "eu-central-1"
"""Where the emulator's stacks lie."""

_SERVICES = "apigateway,cloudformation,cloudwatch,iam,kms,lambda,logs,s3,sts"
_START_SECONDS = 60


class EmulatorDidNotStartError(RuntimeError):
    """The emulator ended, or did not answer in time; the message ends with its log."""


@dataclass(frozen=True)
class Emulator:
    """An emulator that answers.

    Attributes:
        port: where on 127.0.0.1 all its services listen, over TLS.
        certificate: the file of its certificate, which signs itself.
    """

    port: int
    certificate: Path

    @property
    def url(self) -> str:
        """The address of all its services."""
        return f"https://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """This process's environment, in which programs take the emulator for AWS.

        They are the account's root user. The developer's own settings and keys are not among it.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": str(self.certificate),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
        }


@contextmanager
def emulator(version: str) -> Iterator[Emulator]:
    """Run an emulator in Python `version` until the block ends; nothing of it stays.

    It checks signatures and IAM's policies, and tells TLS from plain HTTP, as AWS does. Its
    environment `.venv-ministack` is made when first asked for.

    Raises:
        NoPythonError: `version` is not on this machine.
        EmulatorDidNotStartError: it ended or did not answer in time.
    """
    python, port = python_with("ministack", version), free_port()
    with TemporaryDirectory(prefix="lenta-ministack-") as name:
        folder = Path(name)
        log, started = folder / "log", Emulator(port, folder / "ministack-tls" / "server.crt")
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own arguments
                [*_dies_with_us(), str(python.with_name("ministack"))],
                env=_settings(port, folder), cwd=folder,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,  # so that the functions can be stopped with it
            )  # fmt: skip
        try:
            if not wait_until(lambda: _answers(started), process, _START_SECONDS):
                raise EmulatorDidNotStartError(f"the emulator of AWS did not start:\n{tail(log)}")
            yield started
        finally:
            _stop(process)


def _settings(port: int, folder: Path) -> dict[str, str]:
    """Its whole environment, from which functions inherit: nothing of ours may reach them."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),  # functions' files, and the certificate
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "SERVICES": _SERVICES,
        "IOT_MTLS_ENABLED": "0",  # it would listen to the network
        "USE_SSL": "1",
        "AUTH": "true",
    }


def _dies_with_us() -> list[str]:
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def _answers(started: Emulator) -> bool:
    try:
        trusted = ssl.create_default_context(cafile=started.certificate)
        direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
        )
        direct.open(f"{started.url}/_ministack/health", timeout=5).close()
    except OSError:  # the certificate is not there yet, or nobody listens
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it ended by itself
        os.killpg(process.pid, signal.SIGKILL)  # asked to end, it would wait for its callers
    process.wait()
