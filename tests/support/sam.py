"""`sam local`: the built function in a Docker engine's containers, with a store in an S3 server."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from mypy_boto3_s3 import S3Client

from tests.support.documents import blocks
from tests.support.lambda_runtime import PROJECT, SAM, upload
from tests.support.releases import Trained
from tests.support.s3_server import REGION, S3Server
from tools.base_image import NoBaseImageError, provide_base_image
from tools.docker_engine import DockerEngine, NoDockerEngineError
from tools.docker_engine import docker_engine as running_engine
from tools.postgres import free_port
from tools.processes import listens, wait_until
from tools.wsgi import listening

HOW_TO = PROJECT / "docs" / "how-to" / "sam-local.md"

_BUCKET, _PREFIX = "sam-local", "a/prefix"
_INVOKE_SECONDS = 120
_START_SECONDS = 60
_STOP_SECONDS = 60


@dataclass(frozen=True)
class Invoked:
    """What `sam local invoke` said meanwhile, and the function's answer, as text both."""

    log: str
    answer: str


@dataclass(frozen=True)
class SamLocal:
    """`sam local` with the built function, which reads `store`; the image it needs is there."""

    store: str
    template: Path
    environment: dict[str, str]

    def invoke(self, event: str) -> Invoked:
        """What `sam local invoke` prints for events/<event>.json."""
        done = subprocess.run(
            self._command("invoke", "--event", f"events/{event}.json"),
            cwd=PROJECT, env=self.environment, timeout=_INVOKE_SECONDS,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        # It ends with 0 also when the function did not answer.
        assert done.returncode == 0, done.stderr
        assert done.stdout, done.stderr
        return Invoked(done.stderr, done.stdout)

    @contextmanager
    def start_api(self, log: Path) -> Iterator[str]:
        """The address of `sam local start-api`, which logs to `log`."""
        port = free_port()
        with log.open("wb") as output:
            server = subprocess.Popen(
                self._command("start-api", "--warm-containers", "LAZY", "--port", str(port)),
                cwd=PROJECT, env=self.environment, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            ready = wait_until(lambda: listens(port), server, _START_SECONDS)
            assert ready, log.read_text(errors="replace")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()  # then it removes its containers; a second signal would leave them
            server.wait(_STOP_SECONDS)

    def _command(self, name: str, *arguments: str) -> list[str]:
        # Without --skip-pull-image it would ask AWS's registry for a newer image.
        return [
            str(SAM), "local", name, "--template", str(self.template), "--skip-pull-image",
            *arguments,
        ]  # fmt: skip


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerEngine]:
    """The machine's Docker engine, or one started for the tests."""
    try:
        with running_engine() as engine:
            yield engine
    except NoDockerEngineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sam_local(
    *,
    docker_engine: DockerEngine,
    built_function: Path,
    function_version: str,
    running_s3: S3Server,
    s3_admin: S3Client,
    trained: Trained,
) -> Iterator[SamLocal]:
    """`sam local`, with the trained release in the S3 server, which its containers reach."""
    try:
        provide_base_image(docker_engine, function_version)
        socket.create_server((docker_engine.gateway, 0)).close()
    except NoBaseImageError as error:
        pytest.skip(str(error))
    except OSError as error:
        pytest.skip(f"containers of this Docker engine do not reach this machine: {error}")
    s3_admin.create_bucket(Bucket=_BUCKET)
    upload(s3_admin, trained.store, _BUCKET, _PREFIX)
    store = f"s3://{_BUCKET}/{_PREFIX}"
    with listening(running_s3, docker_engine.gateway) as endpoint:
        yield SamLocal(
            store,
            _with_endpoint(built_function.with_name("template.yaml"), function_version),
            {
                **docker_engine.environment(),
                "SAM_CLI_TELEMETRY": "0",
                "ARTIFACT_STORE": store,
                "AWS_ENDPOINT_URL_S3": endpoint,
                "AWS_ENDPOINT_URL_STS": endpoint,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": REGION,
                # Neither the developer's own settings nor a proxy may come between.
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "NO_PROXY": f"127.0.0.1,localhost,{docker_engine.gateway}",
            },
        )


def _with_endpoint(template: Path, version: str) -> Path:
    """A copy of the built template, beside it, changed as the how-to says for other S3 servers."""
    text = template.read_text(encoding="utf-8").replace("python3.13", f"python{version}")
    copy = template.with_name("with-endpoint.yaml")
    copy.write_text(text, encoding="utf-8")
    lines = [line for block in blocks(HOW_TO) for line in block.text.splitlines()]
    (change,) = (line for line in lines if line.startswith("sed "))
    assert ".aws-sam/build/template.yaml" in change
    change = change.replace(".aws-sam/build/template.yaml", str(copy))
    subprocess.run(["sh", "-e", "-c", change], check=True)
    return copy
