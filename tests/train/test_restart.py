"""A run that died goes on from the last stage that it had finished."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from artifacts import layout
from artifacts.release import Release, open_release
from artifacts.stores import open_store
from tests.support.releases import Trained
from train.checkpoint import Checkpoint
from train.errors import WorkError
from train.progress import Silent
from train.run import run
from train.settings import RunSettings
from train.warehouse import Warehouse

STAGES = (
    "reading the tables", "checking the tables", "making features", "fitting and measuring",
    "finding candidates fast", "comparing the graph with LightGBM", "writing the report",
    "publishing",
)  # fmt: skip


class Died(RuntimeError):  # noqa: N818 - it is no error of anybody's
    """The run's end."""


class Dying(Silent):
    """Lets a run die when a stage begins, and remembers the others."""

    def __init__(self, at: str = "") -> None:
        self.begun: list[str] = []
        self._at = at

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        if title == self._at:
            raise Died
        self.begun.append(title)
        yield


def settings(trained: Trained, tmp_path: Path, **other: object) -> RunSettings:
    store, work = str(tmp_path / "store"), tmp_path / "work"
    return RunSettings(str(trained.source), store, work=work, **other)  # type: ignore[arg-type]


def released(chosen: RunSettings, progress: Silent) -> Release:
    manifest = run(chosen, progress).manifest
    return open_release(open_store(chosen.store), manifest.release)


@pytest.mark.slow
def test_what_was_finished_is_not_done_again_and_the_release_is_the_same(
    trained: Trained, tmp_path: Path
) -> None:
    chosen = settings(trained, tmp_path)
    for at, done in (
        ("making features", STAGES[:2]),
        ("fitting and measuring", ("making features",)),
        ("writing the report", STAGES[2:6]),
    ):
        progress = Dying(at)
        with pytest.raises(Died):
            run(chosen, progress)
        assert tuple(progress.begun)[-len(done) :] == done
        assert STAGES[0] not in progress.begun or at == "making features"
    release = released(chosen, Dying())
    assert not (tmp_path / "work" / "run.json").exists()
    expected = open_release(open_store(str(trained.store)), trained.manifest.release)
    for path in (layout.RANKER, layout.POSTS, layout.users_file(0)):
        assert release.read(path) == expected.read(path)


@pytest.mark.slow
def test_a_run_told_something_else_begins_anew(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(Died):
        run(settings(trained, tmp_path), Dying("making features"))
    progress = Dying("fitting and measuring")
    with pytest.raises(Died):
        run(settings(trained, tmp_path, seed=2), progress)
    assert progress.begun == list(STAGES[:3])


@pytest.mark.slow
def test_a_finished_run_leaves_nothing_to_go_on_from(trained: Trained, tmp_path: Path) -> None:
    chosen = settings(trained, tmp_path)
    run(chosen, Silent())
    progress = Dying()
    assert not run(chosen, progress).trained
    assert progress.begun == list(STAGES[:2])


@pytest.mark.slow
def test_a_killed_process_has_kept_what_it_had_finished(trained: Trained, tmp_path: Path) -> None:
    chosen = settings(trained, tmp_path)
    killed = subprocess.Popen(
        [
            sys.executable, "-m", "train", "run", "--source", chosen.source,
            "--store", chosen.store, "--work", str(chosen.work),
        ],
        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    state = tmp_path / "work" / "run.json"
    until = time.monotonic() + 120
    while not (state.exists() and "features" in json.loads(state.read_text())["stages"]):
        assert killed.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    progress = Dying()
    assert run(chosen, progress).trained
    assert STAGES[0] not in progress.begun


def test_what_is_too_old_or_damaged_counts_for_nothing(tmp_path: Path) -> None:
    Checkpoint(tmp_path, "one").keep("tables", [])
    assert Checkpoint(tmp_path, "one").get("tables") == []
    assert Checkpoint(tmp_path, "other").get("tables") is None
    state = tmp_path / "run.json"
    found = json.loads(state.read_text())
    state.write_text(json.dumps(found | {"begun": found["begun"] - 90_000}))
    assert Checkpoint(tmp_path, "one").get("tables") is None
    state.write_text(state.read_text()[:20])
    assert Checkpoint(tmp_path, "one").get("tables") is None


def test_two_runs_cannot_work_in_one_folder(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, train.warehouse as w; "
        "held = w.Warehouse(pathlib.Path(sys.argv[1])); print('held', flush=True); input()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(WorkError, match="perhaps since another run is at it"):
            Warehouse(tmp_path)
        other.communicate("\n")
    Warehouse(tmp_path).close()
