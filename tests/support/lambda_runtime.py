"""The function as `sam build` makes it, and what it needs to run, for the tests."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mypy_boto3_s3 import S3Client

from tools.runtime import VERSIONS, runtime_python, supported_python

PROJECT = Path(__file__).resolve().parents[2]
SAM = PROJECT / ".venv-sam" / "bin" / "sam"
SAM_ENVIRONMENT = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}


@pytest.fixture(scope="session")
def function_version() -> str:
    """The version of Python that the function is built for and run by."""
    version = supported_python()
    if version is None:
        pytest.skip(f"none of Lambda's Pythons {', '.join(VERSIONS)} is on this machine")
    return version


@pytest.fixture(scope="session")
def function_python(function_version: str) -> Path:
    """A Python that runs the function under the emulator."""
    return runtime_python(function_version)


@pytest.fixture(scope="session")
def built_function(function_version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `sam build` fills, built once. Tests must not change it."""
    folder = tmp_path_factory.mktemp("sam") / "build"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [str(SAM), "build", "--build-dir", str(folder)],
        cwd=PROJECT, env={**SAM_ENVIRONMENT, "FUNCTION_PYTHON": function_version},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "Function"


@pytest.fixture(scope="session")
def function_environment(s3_endpoint: str, s3_admin: S3Client) -> dict[str, str]:
    """What the function needs to reach the S3 server, but for ARTIFACT_STORE."""
    return {
        "AWS_ENDPOINT_URL_S3": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": s3_admin.meta.region_name,
        "AWS_DEFAULT_REGION": s3_admin.meta.region_name,
    }


def event(name: str) -> dict[str, Any]:
    """An event as API Gateway sends it: events/<name>.json."""
    text = (PROJECT / "events" / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def upload(client: S3Client, store: Path, bucket: str, prefix: str) -> None:
    """Copy a store from a folder into a bucket, channels last: a release exists before it is served."""
    paths = [path for path in store.rglob("[!.]*") if path.is_file()]
    for path in sorted(paths, key=lambda path: (path.parent.name == "channels", path)):
        key = f"{prefix}/{path.relative_to(store).as_posix()}"
        client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
