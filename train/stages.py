"""What each stage of a run cost."""

import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from artifacts.manifest import Stage
from train.progress import Progress


class Stages:
    """Passes the stages on, and keeps their seconds and the memory that the process has reached.

    Args:
        progress: told the stages.
        before: what they cost in an earlier run, by which the time that is left is estimated.
    """

    def __init__(self, progress: Progress, before: Sequence[Stage] = ()) -> None:
        self.rows, self.note, self.expect = progress.rows, progress.note, progress.expect
        self.done: list[Stage] = []
        self._progress = progress
        progress.expect({stage.name: stage.seconds for stage in before})

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """A stage that lasts as long as the block."""
        began = time.monotonic()
        with self._progress.stage(title):
            yield
        seconds = round(time.monotonic() - began, 1)
        self.done.append(Stage(name=title, seconds=seconds, peak_memory=_peak_memory()))


def _peak_memory() -> int:
    """Bytes; getrusage counts in KiB, on macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
