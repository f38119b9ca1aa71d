"""Programs that are started in the background, and when they are ready."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PAUSE_SECONDS = 0.05
_TAIL = 2_000


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[Any], seconds: float) -> bool:
    """Wait for a program that was started.

    Returns:
        Whether it became ready; if not, it has ended, or the seconds are over.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def listens(port: int) -> bool:
    """Whether somebody listens on a TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tail(log: Path) -> str:
    """The end of what a program has written."""
    return log.read_text(errors="replace")[-_TAIL:]
