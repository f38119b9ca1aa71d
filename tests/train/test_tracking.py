"""What a command came to is kept in MLflow, if that is asked for, and never stands in its way."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.manifest import Manifest
from artifacts.release import list_releases, open_release
from artifacts.stores import ObjectStore, open_store
from tests.support.documents import PROJECT
from tests.support.events import events, failure
from tests.support.mlflow import MlflowServer
from tests.support.releases import Trained
from tests.train.growing import grown
from tools.postgres import free_port
from train import cli
from train.recipe import program_digest

pytestmark = pytest.mark.slow

FORBIDDEN = re.compile(r"[^\w\-. :/]")
"""What MLflow takes in no metric's name."""
ANOTHER = ("--most-pairs", "10000")
"""Of it a run makes another release than the trained one."""


def _train(
    python: Path, environment: dict[str, str], *arguments: object
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-m", "train", *map(str, arguments)],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _tracked(server: MlflowServer, experiment: str, *arguments: object) -> str:
    """What a command says on stderr that is tracked in an experiment of its own."""
    environment = server.environment(MLFLOW_EXPERIMENT_NAME=experiment)
    done = _train(server.python, environment, *arguments)
    assert done.returncode in (cli.OK, cli.NOT_SERVED), done.stderr
    return done.stderr


def _newest(store: ObjectStore) -> Manifest:
    return open_release(store, max(list_releases(store))).manifest


@pytest.fixture
def experiment() -> str:
    return uuid4().hex


@pytest.fixture
def folder(trained: Trained, tmp_path: Path) -> Path:
    """A store that serves the trained release."""
    return Path(shutil.copytree(trained.store, tmp_path / "store"))


def test_a_run_is_kept_with_its_figures_its_settings_and_its_report(
    trained: Trained, folder: Path, mlflow_server: MlflowServer, experiment: str
) -> None:
    places = ("--source", trained.source, "--store", folder)
    stderr = _tracked(mlflow_server, experiment, "run", *places, *ANOTHER)
    assert {event["event"] for event in events(stderr)} <= {"begin", "stage", "rows", "result"}

    store = open_store(str(folder))
    manifest = _newest(store)
    [run] = mlflow_server.runs(experiment)
    assert (run["name"], run["status"]) == (manifest.release, "FINISHED")
    assert run["seconds"] >= sum(stage.seconds for stage in manifest.stages)
    measured, metrics = manifest.evaluation, run["metrics"]
    for score in measured.scores:
        name = f"{score.metric.replace('@', '_at_')}/{score.model}"
        ends = (metrics.get(f"{name}.low"), metrics.get(f"{name}.high"))
        assert (metrics[name], *ends) == (score.value, score.low, score.high)
    for stage in manifest.stages:
        assert metrics[f"seconds/{stage.name}"] == stage.seconds
        assert metrics[f"peak memory/{stage.name}"] == stage.peak_memory
    assert metrics["data/views"] == manifest.data.views
    assert run["params"]["most_pairs"] == "10000"
    assert run["params"]["source"] == str(trained.source)
    tags = run["tags"]
    assert tags["command"] == "run"
    assert tags["release"] == manifest.release
    assert tags["recipe"] == manifest.recipe
    assert tags["code"] == program_digest(manifest.code)
    assert tags["gate"] == (manifest.gate.failure or "passed")
    assert manifest.release in tags["verdict"]
    report = open_release(store, manifest.release).read(layout.REPORT).decode()
    assert run["files"] == {"report.html": report}


def test_a_refresh_is_kept_with_its_checks(
    trained: Trained, folder: Path, tmp_path: Path, mlflow_server: MlflowServer, experiment: str
) -> None:
    later = grown(trained.source, tmp_path / "later")
    _tracked(mlflow_server, experiment, "refresh", "--source", later, "--store", folder)
    manifest = _newest(open_store(str(folder)))
    [run] = mlflow_server.runs(experiment)
    assert (run["name"], run["tags"]["trained_in"]) == (manifest.release, trained.manifest.release)
    checks = {name: value for name, value in run["metrics"].items() if name.startswith("gate/")}
    assert sorted(checks.values()) == sorted(
        check.value for check in manifest.gate.checks if check.value is not None
    )
    # Figures that are compared over time keep their names.
    assert not [name for name in run["metrics"] if trained.manifest.release in name]
    # Nothing was measured anew: the parent has those.
    assert not [name for name in run["metrics"] if name.startswith(("hit_rate", "ndcg", "auc"))]
    assert manifest.release in run["files"]["report.md"]


def test_an_evaluation_is_kept_with_all_its_figures(
    trained: Trained, mlflow_server: MlflowServer, experiment: str
) -> None:
    _tracked(mlflow_server, experiment, "evaluate", "--source", trained.source, "--folds", "1")
    [run] = mlflow_server.runs(experiment)
    table = run["files"]["evaluation.md"]
    for model in ("lenta", "popularity", "random", "item-item"):
        name = f"readers with history/hit_rate_at_5/{model}"
        value, low, high = (run["metrics"][f"{name}{end}"] for end in ("", ".low", ".high"))
        assert low <= value <= high
        shown = (f"{figure:.3f}".removeprefix("0") for figure in (value, low, high))
        assert "{} ({}-{})".format(*shown) in table
    assert run["params"]["folds"] == "1"
    assert run["metrics"]["seconds/making features as of every day"] >= 0
    assert not [name for name in run["metrics"] if FORBIDDEN.search(name)]


def test_what_made_nothing_is_not_kept(
    trained: Trained, folder: Path, mlflow_server: MlflowServer, experiment: str
) -> None:
    for command in ("run", "refresh"):
        places = ("--source", trained.source, "--store", folder)
        _tracked(mlflow_server, experiment, command, *places)
    assert mlflow_server.runs(experiment) == []


def test_a_server_that_is_gone_costs_a_warning_and_no_release(
    trained: Trained, folder: Path, mlflow_server: MlflowServer
) -> None:
    gone = f"http://somebody:secret@127.0.0.1:{free_port()}"
    environment = mlflow_server.environment(MLFLOW_TRACKING_URI=gone)
    places = ("--source", trained.source, "--store", folder)
    done = _train(mlflow_server.python, environment, "run", *places, *ANOTHER)
    assert done.returncode in (cli.OK, cli.NOT_SERVED)
    *_, warning, result = events(done.stderr)
    assert [event["event"] for event in events(done.stderr)].count("warning") == 1
    assert warning["message"].startswith("MLflow has not kept this run: ")
    assert "secret" not in done.stderr + done.stdout
    store = open_store(str(folder))
    assert result["release"] == _newest(store).release != trained.manifest.release
    channel = read_channel(store)
    assert channel is not None
    assert (channel.arms[0].release == result["release"]) == result["served"]


def test_what_was_kept_in_part_is_marked_as_failed(
    trained: Trained, folder: Path, tmp_path: Path, mlflow_server: MlflowServer, experiment: str
) -> None:
    (tmp_path / "file").touch()
    mlflow_server.make_experiment(experiment, (tmp_path / "file" / "no folder").as_uri())
    later = grown(trained.source, tmp_path / "later")
    places = ("--source", later, "--store", folder)
    said = events(_tracked(mlflow_server, experiment, "refresh", *places))
    [warning] = [event for event in said if event["event"] == "warning"]
    assert warning["message"].startswith("MLflow has not kept this refresh: NotADirectoryError: ")
    [run] = mlflow_server.runs(experiment)
    assert (run["status"], run["tags"]["command"]) == ("FAILED", "refresh")


@pytest.mark.parametrize("command", ["run", "refresh", "evaluate"])
def test_without_mlflow_the_work_does_not_begin(
    command: str, folder: Path, mlflow_server: MlflowServer, tmp_path: Path
) -> None:
    store = () if command == "evaluate" else ("--store", folder)
    # Where reading has begun, it would be the source that is missing.
    arguments = (command, "--source", tmp_path / "absent", *store)
    done = _train(Path(sys.executable), mlflow_server.environment(), *arguments)
    assert done.returncode == cli.FAILED
    assert failure(done.stderr).startswith(
        "MLFLOW_TRACKING_URI is set, and MLflow is not installed: "
    )
    assert len(events(done.stderr)) == 1


def test_mlflow_is_not_imported_unless_it_is_asked_for(
    trained: Trained, folder: Path, mlflow_server: MlflowServer
) -> None:
    program = "import sys; from train.cli import main; main(sys.argv[1:]); print([*sys.modules])"
    arguments = ["run", "--source", trained.source, "--store", folder]
    done = subprocess.run(
        [mlflow_server.python, "-c", program, *map(str, arguments)],
        env=mlflow_server.environment(MLFLOW_TRACKING_URI=""), cwd=PROJECT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "'lightgbm'" in done.stdout
    assert "'mlflow'" not in done.stdout
