"""Progress for a program: one JSON object a line."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

from train.failures import Failure
from train.progress.base import Fact
from train.progress.course import Course

ROWS_EVERY_SECONDS = 5.0


class JsonLines:
    """Writes an event a line, each with its time; `docs/reference/run-log.md` lists them.

    Args:
        file: where to.
        verbose: whether details are written, and the traceback of an error.
    """

    def __init__(self, file: TextIO, *, verbose: bool = False) -> None:
        self._file, self._verbose = file, verbose
        self._course = Course()
        self._note = ""
        self._said = 0.0

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Take them for the time that is left."""
        self._course.expect(seconds)

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Say that it begins, and how long it took."""
        began = time.monotonic()
        self._course.begin(title, began)
        self._note, self._said = "", began
        self._event(
            "begin",
            stage=title,
            expected_seconds=_tenths(self._course.left_of_stage(began)),
            left_seconds=_tenths(self._course.left(began)),
        )
        failed: bool | None = True
        try:
            yield
            failed = None
        finally:
            seconds = _tenths(time.monotonic() - began)
            self._event(
                "stage", stage=title, seconds=seconds, note=self._note or None, failed=failed
            )

    def rows(self, done: int, expected: int | None) -> None:
        """Say the rows read, their rate and the time left, each few seconds."""
        self._course.reach(done, expected)
        self._say_reached("rows")

    def steps(self, done: int, total: int) -> None:
        """Say the steps done, each few seconds."""
        self._course.reach(done, total)
        self._say_reached("steps")

    def note(self, text: str) -> None:
        """Say it with the stage's end."""
        self._note = text

    def detail(self, what: str, **facts: Fact) -> None:
        """Say it, if it is wanted."""
        if self._verbose:
            self._event("detail", what=what, **facts)

    def warning(self, sentence: str) -> None:
        """Say it."""
        self._event("warning", message=sentence)

    def result(self, facts: Mapping[str, object]) -> None:
        """The last line of a command that came to its end."""
        self._event("result", **facts)

    def failed(self, failure: Failure) -> None:
        """The last line of one that did not."""
        self._event(
            "error",
            error=failure.kind,
            message=failure.sentence,
            exit_code=failure.exit_code,
            traceback=failure.traceback if self._verbose else None,
        )

    def _say_reached(self, event: str) -> None:
        now, course = time.monotonic(), self._course
        if now - self._said < ROWS_EVERY_SECONDS:
            return
        self._said = now
        self._event(
            event,
            stage=course.title,
            done=course.done,
            of=course.total,
            per_second=round(course.rate(now)),
            left_seconds=_tenths(course.left_of_stage(now)),
        )

    def _event(self, event: str, **facts: object) -> None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        known = {name: fact for name, fact in facts.items() if fact is not None}
        line = json.dumps({"time": moment, "event": event, **known}, ensure_ascii=False)
        # One write a line: what others write to the same file comes between lines.
        self._file.write(line + "\n")
        self._file.flush()


def _tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
