"""The function as `sam build` makes it, and what it needs to run, for the tests."""

import json
import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from mypy_boto3_s3 import S3Client

from tools.runtime import VERSIONS, Runtime, lambda_runtime, runtime_python, supported_python

PROJECT = Path(__file__).resolve().parents[2]
SAM = PROJECT / ".venv-sam" / "bin" / "sam"
SAM_ENVIRONMENT = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}

StartFunction = Callable[[str], AbstractContextManager[Runtime]]


@pytest.fixture(scope="session")
def function_version() -> str:
    """The version of Python that the function is built for and run by."""
    version = supported_python()
    if version is None:
        pytest.skip(f"none of Lambda's Pythons {', '.join(VERSIONS)} is on this machine")
    return version


@pytest.fixture(scope="session")
def built_function(function_version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `sam build` fills, built once. Tests must not change it."""
    folder = tmp_path_factory.mktemp("sam") / "build"
    done = subprocess.run(
        [str(SAM), "build", "--build-dir", str(folder)],
        cwd=PROJECT, env={**SAM_ENVIRONMENT, "FUNCTION_PYTHON": function_version},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "Function"


@pytest.fixture(scope="session")
def start_function(
    built_function: Path, function_version: str, s3_endpoint: str, s3_admin: S3Client
) -> StartFunction:
    """Starts the function for a store in the S3 server: `with start_function(STORE) as runtime`."""
    python = runtime_python(function_version)
    environment = {
        "AWS_ENDPOINT_URL_S3": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": s3_admin.meta.region_name,
        "AWS_DEFAULT_REGION": s3_admin.meta.region_name,
    }
    return lambda store: lambda_runtime(
        built_function, python, {**environment, "ARTIFACT_STORE": store}
    )


def event(name: str) -> dict[str, Any]:
    """An event as API Gateway sends it: events/<name>.json."""
    text = (PROJECT / "events" / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def upload(client: S3Client, store: Path, bucket: str, prefix: str) -> None:
    """Copy a store from a folder into a bucket, its channels last."""
    paths = [path for path in store.rglob("[!.]*") if path.is_file()]
    for path in sorted(paths, key=lambda path: (path.parent.name == "channels", path)):
        key = f"{prefix}/{path.relative_to(store).as_posix()}"
        client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
