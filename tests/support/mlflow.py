"""A tracking server of MLflow, and what it has kept."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.support.documents import PROJECT
from tools.postgres import free_port
from tools.processes import tail, wait_until

_READ = """
import json, sys
from mlflow import MlflowClient
client = MlflowClient()
found = []
for experiment in client.search_experiments():
    for run in client.search_runs([experiment.experiment_id]):
        id = run.info.run_id
        ended = run.info.status == "FINISHED"
        files = [file.path for file in client.list_artifacts(id)] if ended else []
        found.append({
            "experiment": experiment.name, "name": run.info.run_name, "status": run.info.status,
            "seconds": (run.info.end_time - run.info.start_time) / 1000,
            "metrics": run.data.metrics, "params": run.data.params, "tags": run.data.tags,
            "files": {path: open(client.download_artifacts(id, path)).read() for path in files},
        })
print(json.dumps(found))
"""


@dataclass(frozen=True)
class MlflowServer:
    """A running server.

    Attributes:
        url: where it listens.
        python: one that has MLflow.
    """

    url: str
    python: Path

    def runs(self, experiment: str) -> list[dict[str, Any]]:
        """Its runs of an experiment, read by MLflow's own client; the newest first."""
        done = subprocess.run(
            [self.python, "-c", _READ], env=self.environment(), capture_output=True, check=True
        )
        read = json.loads(done.stdout.splitlines()[-1])
        return [run for run in read if run["experiment"] == experiment]

    def make_experiment(self, name: str, artifacts: str) -> None:
        """Make one whose artifacts are somewhere else."""
        program = "import sys, mlflow; mlflow.MlflowClient().create_experiment(*sys.argv[1:])"
        command = [str(self.python), "-c", program, name, artifacts]
        subprocess.run(command, env=self.environment(), check=True)

    def environment(self, **more: str) -> dict[str, str]:
        """This process's, with the server to track with."""
        return {
            **os.environ, "MLFLOW_TRACKING_URI": self.url, "NO_PROXY": "127.0.0.1",
            "PYTHONPATH": str(PROJECT), "OMP_WAIT_POLICY": "passive", **more,
        }  # fmt: skip


@pytest.fixture(scope="session")
def mlflow_python() -> Path:
    """The Python of `.venv-mlflow`, which is made when first asked for."""
    subprocess.run(["make", "--silent", ".venv-mlflow/ready"], cwd=PROJECT, check=True)
    return PROJECT / ".venv-mlflow" / "bin" / "python"


@pytest.fixture(scope="session")
def mlflow_server(
    mlflow_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MlflowServer]:
    """A server with a database of its own."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    log, server = folder / "log", MlflowServer(f"http://127.0.0.1:{port}", mlflow_python)
    command = [
        str(mlflow_python.with_name("mlflow")), "server",
        "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    settings = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **settings}, stdout=output, stderr=output
        )
    try:
        assert wait_until(lambda: _answers(server.url), process, seconds=180), tail(log)
        yield server
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    with suppress(OSError):
        build_opener(ProxyHandler({})).open(f"{url}/health", timeout=5).close()
        return True
    return False
