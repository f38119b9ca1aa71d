"""What stops a command is one sentence and an exit code; the traceback is for whoever asks."""

import errno
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from artifacts.errors import AccessDenied, BrokenRelease
from artifacts.stores import open_store
from tests.support.events import events, failure
from tests.support.releases import Trained
from tests.train.tables import write_tables
from tools.postgres import free_port
from train import cli
from train.errors import ClusterError, WorkError
from train.failures import explain
from train.progress import Silent
from train.recipe import newest_trained
from train.run import run
from train.settings import RunSettings
from train.source import read
from train.warehouse import Warehouse

ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "passive"}


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (WorkError("the work folder x cannot be used"), 1, "the work folder x cannot be used"),
        (BrokenRelease("release x is broken"), 1, "release x is broken"),
        (AccessDenied("s3://bucket/x: forbidden"), 4, "s3://bucket/x: forbidden"),
        (OSError(errno.ENOSPC, "No space left on device", "/x/y"), 1, "/x/y: the disk is full; "),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 1, "/x: Permission denied"),
        (MemoryError(), 1, "the memory of this machine is not enough; a larger --memory"),
        (KeyboardInterrupt(), 130, "interrupted; the store serves what it did. With --work FOLDER"),
        (ZeroDivisionError("by zero"), 1, "this is a mistake in the program: ZeroDivisionError: "),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_error_has_a_sentence_and_a_code(error: BaseException, code: int, words: str) -> None:
    told = explain(error)
    assert told.sentence.startswith(words)
    assert "\n" not in told.sentence
    assert told.exit_code == code


def test_whoever_interrupts_a_run_with_a_work_folder_learns_how_it_goes_on() -> None:
    told = explain(KeyboardInterrupt(), Path("kept"))
    assert told.sentence.endswith(
        "Started again with --work kept, a run goes on from what it had finished"
    )


def test_memory_that_duckdb_may_not_take_is_said_as_such(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, "40MB", threads=1)
    with pytest.raises(duckdb.OutOfMemoryException) as caught:
        warehouse.query("SELECT list(range) FROM range(50000000)")
    warehouse.close()
    told = explain(caught.value)
    assert told.sentence.startswith("DuckDB needs more than it may take: ")
    assert "a larger --memory lets it take more" in told.sentence
    assert "\n" not in told.sentence


@pytest.mark.parametrize("verbose", [False, True])
def test_a_mistake_of_the_program_has_its_traceback_for_whoever_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    *, verbose: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(read, "read_folder", lambda *_: os.environ["ABSENT"])
    places = ["--source", str(tmp_path), "--store", str(tmp_path / "store")]
    assert cli.main(["run", *places, *["--verbose"] * verbose]) == cli.FAILED
    said = capsys.readouterr().err
    assert failure(said) == (
        "this is a mistake in the program: KeyError: 'ABSENT'; run again with --verbose for the "
        "traceback"
    )
    assert ("Traceback (most recent call last)" in said) == verbose
    assert ("read_folder" in str(events(said)[-1].get("traceback"))) == verbose


def test_an_amount_of_memory_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--source", str(tmp_path), "--store", str(tmp_path / "store")]
    assert cli.main(["run", *places, "--memory", "4XB"]) == cli.FAILED
    assert failure(capsys.readouterr().err).startswith("--memory 4XB is no amount of memory")


def test_a_work_folder_that_cannot_be_made_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    places = ["--source", str(tmp_path), "--store", str(tmp_path / "store")]
    assert cli.main(["run", *places, "--work", str(tmp_path / "file" / "work")]) == cli.FAILED
    assert failure(capsys.readouterr().err) == (
        f"the work folder {tmp_path}/file/work cannot be made: Not a directory"
    )


@pytest.mark.slow
def test_a_full_disk_is_said_as_such(trained: Trained, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    small = f"mount -t tmpfs -o size=3m tmpfs {disk}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", small], check=False).returncode:
        pytest.skip("no disk can be mounted on this machine")
    command = [
        sys.executable, "-m", "train", "run", "--source", str(trained.source),
        "--store", str(tmp_path / "store"), "--work", str(disk / "work"),
    ]  # fmt: skip
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f"{small} && {shlex.join(command)}"],
        capture_output=True, text=True, env=ENVIRONMENT, check=False,
    )  # fmt: skip
    assert done.returncode == cli.FAILED
    assert failure(done.stderr).startswith("the disk is full: ")
    assert "--work FOLDER" in failure(done.stderr)
    assert not (tmp_path / "store").exists()


@pytest.mark.slow
def test_an_interrupted_run_says_so_in_a_line_and_leaves_the_store(
    trained: Trained, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(trained.store, tmp_path / "store"))
    command = [
        sys.executable, "-m", "train", "run", "--source", str(trained.source),
        "--store", str(store), "--seed", "5",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as running:
        assert running.stderr
        said = ""
        while "making features" not in said:
            said += running.stderr.readline()
        running.send_signal(signal.SIGINT)
        said += running.stderr.read()
    assert running.returncode == cli.INTERRUPTED
    assert failure(said).startswith("interrupted; the store serves what it did.")
    assert "Traceback" not in said
    newest = newest_trained(open_store(str(store)))
    assert newest == trained.manifest


@contextmanager
def cluster_of_one() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    commands = (
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        [*dask, "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"],
    )
    started = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        yield address, started
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_cluster_that_dies_in_the_middle_is_said_as_such(tmp_path: Path) -> None:
    source = write_tables(tmp_path / "source")
    with cluster_of_one() as (address, processes):

        class Killing(Silent):
            @contextmanager
            def stage(self, title: str) -> Iterator[None]:
                if title == "making features":
                    for process in processes:
                        process.kill()
                    time.sleep(0.1)
                yield

        settings = RunSettings(str(source), str(tmp_path / "store"), cluster=address)
        with pytest.raises(ClusterError, match=f"the cluster at {address} is gone"):
            run(settings, Killing())
    assert not list(tmp_path.glob("store/releases/*"))
