"""`make demo`: from nothing to a feed, again in seconds, and nothing left when it ends."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import IO

import pytest

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]


def start(folder: Path) -> subprocess.Popen[str]:
    # Like a terminal's: Ctrl-C goes to the whole group.
    return subprocess.Popen(
        [sys.executable, "-m", "tools.demo"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def address_in(output: IO[str]) -> str:
    said = ""
    for line in output:
        said += line
        if " serves " in line:
            return line.split(" ")[0]
    raise AssertionError(f"the demo ended before it served:\n{said}")


def feed(address: str) -> list[dict[str, object]]:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"{address}v1/recommendations?id=200&limit=5") as answer:  # noqa: S310 - our own server
                found: list[dict[str, object]] = json.load(answer)["recommendations"]
                return found
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nobody listens at {address}")


def test_a_demo_serves_a_feed_begins_again_in_seconds_and_leaves_nothing_running(
    tmp_path: Path,
) -> None:
    feeds = []
    for begin in ("first", "again"):
        began = time.monotonic()
        demo = start(tmp_path)
        assert demo.stdout is not None
        address = address_in(demo.stdout)
        feeds.append(feed(address))
        if begin == "again":
            assert time.monotonic() - began < 30
        os.killpg(demo.pid, signal.SIGINT)
        rest, _ = demo.communicate(timeout=60)
        assert "all that was started has ended" in rest
        assert "Traceback" not in rest
        with pytest.raises(OSError, match=r"refused"):
            urllib.request.urlopen(address)  # noqa: S310 - our own server
        assert str(tmp_path) not in subprocess.run(
            ["ps", "-eo", "args"], capture_output=True, text=True, check=True
        ).stdout  # fmt: skip
    assert len(feeds[0]) == 5
    assert feeds[0] == feeds[1]
