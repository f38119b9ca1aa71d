"""What the function imports when it starts: whatever is heavy would lengthen every cold start."""

import json
import os
import subprocess
import sys

from tests.handler.conftest import Small

# The bare package botocore Powertools imports where there is one, to add to its User-Agent.
HEAVY = {
    "pandas", "sklearn", "lightgbm", "onnx", "duckdb", "psycopg2", "pyarrow", "boto3",
    "botocore.session",
}  # fmt: skip
OTHERS = {"train", "tools", "uvicorn", "httpx", "rich"}
PROGRAM = """
import asyncio, json, sys
from handler.app import app
from starlette.requests import Request
[call] = [route.endpoint for route in app.routes if route.path == "/post/recommendations/"]
if sys.argv[1:]:
    assert len(json.loads(asyncio.run(call(Request({"type": "http"}), id=7)).body)) == 5
print(json.dumps(sorted(sys.modules)))
"""


def _imported(store: str) -> set[str]:
    """What has been imported when the function has started and, with a store, answered."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *filter(None, [store])],
        env={**os.environ, "ARTIFACT_STORE": store},
        capture_output=True,
        text=True,
        check=True,
    )
    return {*json.loads(done.stdout.splitlines()[-1])}  # after the log


def test_nothing_heavy_is_imported_to_start() -> None:
    imported = _imported("")
    assert "onnxruntime" in imported
    assert imported & (HEAVY | OTHERS) == set()


def test_nothing_heavy_is_imported_to_load_a_release_and_answer(small_release: Small) -> None:
    assert _imported(str(small_release.store)) & (HEAVY | OTHERS) == set()


def test_onnxruntime_does_not_report_to_its_makers() -> None:
    # It reads the variable when it is imported, which is never before the room is.
    # https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md
    for room in ("handler", "train"):
        environment = {key: value for key, value in os.environ.items() if "TELEMETRY" not in key}
        program = (
            f"import {room}, os, sys; assert 'onnxruntime' not in sys.modules;"
            "print(os.environ['ORT_DISABLE_TELEMETRY'])"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout == "1\n"


def test_garbage_of_calls_is_collected_but_not_looked_for_among_what_stays() -> None:
    program = "import gc, handler.app; print(gc.isenabled(), gc.get_freeze_count() > 10_000)"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "ARTIFACT_STORE": ""},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "True True\n"
