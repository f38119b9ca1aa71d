"""A function restored from a snapshot (SnapStart): Lambda's own runtime runs its hooks."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from artifacts.manifest import Manifest
from artifacts.moves import promote
from artifacts.stores import open_store
from tests.handler import small
from tests.support.lambda_runtime import event
from tools.runtime import runtime_python

pytestmark = pytest.mark.slow

# While it waits for a line, the process stands for a snapshot, and each line restores it. All that
# start from a snapshot would go on with the same random numbers: hence the seed.
PROGRAM = """
import json, random, sys
from types import SimpleNamespace
sys.path.insert(0, sys.argv[1])
from awslambdaric.lambda_runtime_hooks_runner import run_after_restore, run_before_snapshot
from handler.app import lambda_handler
context = SimpleNamespace(aws_request_id="1", function_name="lenta")
run_before_snapshot()
for line in sys.stdin:
    random.seed(1)
    run_after_restore()
    answer = lambda_handler(json.loads(line), context)
    print(json.dumps({"body": json.loads(answer["body"]), "drawn": random.random()}), flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def first(store: Path) -> Manifest:
    """What the store serves at first."""
    return small.put(store)


@pytest.fixture
def snapshot(
    built_function: Path, function_version: str, store: Path, first: Manifest
) -> Iterator[subprocess.Popen[str]]:
    """The function, which has begun with the first release."""
    with subprocess.Popen(
        [str(runtime_python(function_version)), "-Bc", PROGRAM, str(built_function)],
        env={"ARTIFACT_STORE": str(store), "PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert restore(process)["body"]["release"] == first.release
        yield process


def restore(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What the function answers to `healthz` after it was restored once more."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(event("healthz-v2")) + "\n")
    process.stdin.flush()
    lines = iter(process.stdout.readline, "")
    found: dict[str, Any] = next(answer for answer in map(json.loads, lines) if "drawn" in answer)
    return found


def test_a_restored_function_serves_what_the_channel_names_by_then(
    snapshot: subprocess.Popen[str], store: Path, first: Manifest
) -> None:
    new = small.put(store)
    assert restore(snapshot)["body"]["release"] == new.release
    promote(open_store(str(store)), first.release)
    assert restore(snapshot)["body"]["release"] == first.release


def test_a_restored_function_serves_on_where_the_store_fails(
    snapshot: subprocess.Popen[str], store: Path, first: Manifest
) -> None:
    (store / "channels" / "production.json").write_text("{")
    assert restore(snapshot)["body"]["release"] == first.release


def test_restored_functions_draw_other_random_numbers(snapshot: subprocess.Popen[str]) -> None:
    assert restore(snapshot)["drawn"] != restore(snapshot)["drawn"]
