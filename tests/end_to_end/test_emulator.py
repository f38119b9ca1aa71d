"""The emulator of AWS: it listens to this machine alone, and nothing of it stays."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.lambda_runtime import PROJECT
from tools.emulator import emulator
from tools.pythons import NoPythonError

pytestmark = pytest.mark.slow

STARTED = """
import sys, time
from tools.emulator import emulator
with emulator(sys.argv[1]) as running:
    print(running.port, flush=True)
    time.sleep(60)
"""


def test_it_listens_to_this_machine_alone_and_ends_with_its_block(function_version: str) -> None:
    with emulator(function_version) as running:
        (process,) = listening(running.port)
        addresses = {one.laddr.ip for one in process.net_connections() if one.status == "LISTEN"}
        assert addresses == {"127.0.0.1"}
        assert running.certificate.exists()

    assert not process.is_running()
    assert not running.certificate.parent.parent.exists()


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not on this machine")
def test_it_ends_when_its_program_is_killed(function_version: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTED, function_version],
        cwd=PROJECT, env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, text=True,
    ) as program:  # fmt: skip
        assert program.stdout is not None
        (process,) = listening(int(program.stdout.readline()))
        program.kill()

    process.wait(20)


def test_it_says_which_python_is_missing() -> None:
    with pytest.raises(NoPythonError, match=r"python3\.1 is not on this machine"):
        emulator("3.1").__enter__()


def listening(port: int) -> list[psutil.Process]:
    """The processes that listen on a port."""
    return [process for process in psutil.process_iter() if port in ports(process)]


def ports(process: psutil.Process) -> set[int]:
    """The ports on which a process listens."""
    try:
        return {one.laddr.port for one in process.net_connections() if one.status == "LISTEN"}
    except psutil.Error:
        return set()
