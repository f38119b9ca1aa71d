"""What a command says while it works: bars in a terminal, elsewhere one JSON object a line."""

import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fcntl import ioctl
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.events import events
from tests.support.releases import Trained
from tests.train.tables import write_tables
from train import cli
from train.failures import Failure
from train.progress import Log, Silent
from train.progress import lines as json_lines
from train.progress.course import Course, span
from train.progress.lines import JsonLines
from train.progress.terminal import Terminal
from train.stages import Stages

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
FAILURE = Failure("SourceError", "the table x is missing", 1, "Traceback: line 7")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (48.4, "48 s"), (200, "3 min 20 s"), (3_900, "1 h 05 min")],
)
def test_a_span_is_said_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_what_is_left_is_known_by_the_run_before() -> None:
    course = Course()
    course.begin("reading", now=100)
    assert (course.share(110), course.left_of_stage(110), course.left(110)) == (None, None, None)
    course.expect({"reading": 20, "fitting": 50, "publishing": 5})
    assert (course.share(110), course.left_of_stage(110), course.left(110)) == (0.5, 10, 65)
    assert (course.share(200), course.left_of_stage(200), course.left(200)) == (0.99, 0, 55)
    course.begin("another", now=200)
    assert (course.left_of_stage(210), course.left(210)) == (None, None)


def test_rows_tell_more_than_the_run_before() -> None:
    course = Course({"reading": 20, "fitting": 50})
    course.begin("reading", now=100)
    course.reach(250, 1_000)
    assert (course.rate(110), course.share(110)) == (25, 0.25)
    assert (course.left_of_stage(110), course.left(110)) == (30, 80)
    course.reach(1_200, 1_000)  # what was expected is an estimate
    assert (course.share(110), course.left_of_stage(110)) == (0.99, 0)


def speak(log: Log) -> None:
    log.expect({"reading the tables": 2.0, "checking the tables": 3.0})
    with log.stage("reading the tables"):
        log.rows(250, 1_000)
        log.note("89 days kept, 1 read")
    log.detail("dropped", table="feed_data", rows=12)
    with pytest.raises(RuntimeError), log.stage("checking the tables"):
        raise RuntimeError
    log.failed(FAILURE)


def test_every_line_for_a_program_is_an_object_with_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_lines, "ROWS_EVERY_SECONDS", 0.0)
    file = io.StringIO()
    speak(JsonLines(file))
    said = events(file.getvalue())
    for one in said:
        moment = datetime.fromisoformat(one.pop("time"))
        assert timedelta(0) <= datetime.now(UTC) - moment < timedelta(minutes=1)
    begin, rows, end, other, failed, error = said
    assert begin == {
        "event": "begin", "stage": "reading the tables", "expected_seconds": 2.0,
        "left_seconds": 5.0,
    }  # fmt: skip
    assert (rows["event"], rows["done"], rows["of"]) == ("rows", 250, 1_000)
    assert rows["per_second"] > 0
    assert end == {
        "event": "stage", "stage": "reading the tables", "seconds": 0.0,
        "note": "89 days kept, 1 read",
    }  # fmt: skip
    assert other["event"] == "begin"
    assert (failed["stage"], failed["failed"]) == ("checking the tables", True)
    assert error == {
        "event": "error", "error": "SourceError", "message": "the table x is missing",
        "exit_code": 1,
    }  # fmt: skip


def test_rows_are_said_each_few_seconds_at_most() -> None:
    file = io.StringIO()
    log = JsonLines(file)
    with log.stage("reading the tables"):
        for done in range(1_000):
            log.rows(done, None)
    assert [one["event"] for one in events(file.getvalue())] == ["begin", "stage"]


def test_details_and_the_traceback_are_for_whoever_asks() -> None:
    file = io.StringIO()
    speak(JsonLines(file, verbose=True))
    said = {one["event"]: one for one in events(file.getvalue())}
    assert (said["detail"]["what"], said["detail"]["rows"]) == ("dropped", 12)
    assert said["error"]["traceback"] == "Traceback: line 7"


def shown(columns: int, speak_to: Callable[[Terminal], None], *, verbose: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=columns, color_system=None, height=20)
    speak_to(Terminal(console, verbose=verbose))
    return file.getvalue()


@pytest.mark.parametrize("columns", [80, 40])
def test_a_terminal_shows_a_tick_and_the_seconds_of_what_is_done(columns: int) -> None:
    text = shown(columns, speak)
    lines = [ESCAPES.sub("", line.rpartition("\x1b[2K")[2]).rstrip() for line in text.splitlines()]
    ticks = [line for line in lines if line.startswith("✓")]
    assert [line.split()[-2:] for line in ticks] == [["0.0", "s"]]
    assert "✓ reading the tables: 89 days kept" in ticks[0] or columns == 40
    assert any(line.startswith("✗ checking the tables") for line in lines)
    assert lines[-1] == "train: the table x is missing"
    assert max(map(len, lines)) <= columns
    assert "dropped" not in text
    assert "Traceback" not in text


def test_a_terminal_shows_a_bar_the_rate_and_what_is_left_of_the_stage_that_runs() -> None:
    def speak_of_rows(terminal: Terminal) -> None:
        terminal.expect({"reading the tables": 200.0, "fitting": 100.0})
        with terminal.stage("reading the tables"):
            terminal.rows(1, 2)

    text = shown(80, speak_of_rows)
    assert "━" in text
    assert " rows/s" in text
    assert " left in all" in text
    assert "━" not in shown(40, speak_of_rows)


def test_a_terminal_shows_details_to_whoever_asks() -> None:
    text = shown(80, speak, verbose=True)
    assert "  dropped: table feed_data, rows 12" in text
    assert "Traceback: line 7" in text


def test_a_terminal_shows_a_warning_in_a_line() -> None:
    text = shown(40, lambda terminal: terminal.warning("MLflow has not kept this run: it is gone"))
    assert ESCAPES.sub("", text).strip() == "train: MLflow has not kept this run: it is gone"


def test_a_terminal_of_another_alphabet_gets_signs_that_it_has() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    speak(Terminal(Console(file=file, force_terminal=True, width=80)))
    file.flush()
    assert "+ reading the tables" in ESCAPES.sub("", raw.getvalue().decode("ascii"))


def test_stages_that_took_no_time_before_leave_what_is_expected_as_it_is() -> None:
    class Expecting(Silent):
        told = 0

        def expect(self, seconds: object) -> None:  # noqa: ARG002 - as it is called
            self.told += 1

    progress = Expecting()
    Stages(progress)
    assert progress.told == 0


def in_terminal(columns: int, *arguments: str) -> tuple[int, str]:
    """Runs a command in a terminal of its own, and gives its exit code and all that it showed."""
    ours, its = pty.openpty()
    ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "OMP_WAIT_POLICY": "passive"}
    environment.pop("COLUMNS", None)
    with subprocess.Popen(
        [sys.executable, "-m", "train", *arguments],
        stdin=its, stdout=its, stderr=its, env=environment,
    ) as process:  # fmt: skip
        os.close(its)
        said = b""
        while True:
            try:
                said += os.read(ours, 65_536)
            except OSError:  # the terminal's other end is closed
                break
    os.close(ours)
    return process.returncode, said.decode()


@pytest.mark.slow
def test_a_run_in_a_terminal_shows_its_stages_and_closes_with_its_figures(tmp_path: Path) -> None:
    source, store = write_tables(tmp_path / "source"), str(tmp_path / "store")
    code, said = in_terminal(80, "run", "--source", str(source), "--store", store)
    assert code in {cli.OK, cli.NOT_SERVED}
    for words in ("✓", "publishing", "hit_rate@5", "popularity", "gate ", store, "production"):
        assert words in said
    assert '"event"' not in said


@pytest.mark.slow
def test_a_command_that_speaks_to_a_program_ends_with_its_result(
    trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--source", str(trained.source), "--store", str(trained.store)]
    assert cli.main(["run", *places, "--verbose"]) == cli.OK
    said = capsys.readouterr()
    *stages, result = events(said.err)
    assert result["event"] == "result"
    assert (result["trained"], result["served"], result["exit_code"]) == (False, True, 0)
    assert result["release"] == trained.manifest.release
    assert said.out.splitlines()[-1] == result["verdict"]
    whats = {one["what"] for one in stages if one["event"] == "detail"}
    assert whats == {"settings", "sql", "kept", "memory"}
    kept = next(one for one in stages if one.get("what") == "kept")
    assert kept["views"] == trained.manifest.data.views


def test_secrets_of_the_settings_are_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    source = "postgresql://me:secret@127.0.0.1:1/db"
    assert cli.main(["run", "--source", source, "--store", "nowhere", "--verbose"]) == cli.FAILED
    said = capsys.readouterr()
    assert json.loads(said.err.splitlines()[0])["source"] == "postgresql://127.0.0.1:1/db"
    assert "secret" not in said.out + said.err
