"""What each stage of a run cost."""

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from artifacts.manifest import DataFacts, Dropped, Stage
from train.progress import Progress


class Stages:
    """Passes the stages on, and keeps their seconds and the memory that the process has reached.

    Args:
        progress: told the stages.
        before: what they cost in an earlier run, by which the time that is left is estimated.
    """

    def __init__(self, progress: Progress, before: Sequence[Stage] = ()) -> None:
        self.rows, self.steps, self.note = progress.rows, progress.steps, progress.note
        self.expect, self.detail = progress.expect, progress.detail
        self.done: list[Stage] = []
        self._progress = progress
        if before:
            progress.expect({stage.name: stage.seconds for stage in before})

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """A stage that lasts as long as the block."""
        began = time.monotonic()
        with self._progress.stage(title):
            yield
        seconds = round(time.monotonic() - began, 1)
        memory = _peak_memory()
        self.done.append(Stage(name=title, seconds=seconds, peak_memory=memory))
        self.detail("memory", stage=title, most_mb_so_far=round(memory / 1e6))


def tell_scripts(progress: Progress) -> Callable[[str, float], None]:
    """Passes each script of the warehouse and its seconds on as a detail."""
    return lambda script, seconds: progress.detail("sql", script=script, seconds=round(seconds, 2))


def tell_tables(progress: Progress, data: DataFacts) -> None:
    """Pass on how many rows were kept, and how many dropped for which reason."""
    progress.detail(
        "kept", readers=data.readers, posts=data.posts, views=data.views, likes=data.likes,
        since=str(data.since), until=str(data.until),
    )  # fmt: skip
    tell_dropped(progress, data.dropped)


def tell_dropped(progress: Progress, dropped: Iterable[Dropped]) -> None:
    """Pass on how many rows were dropped for which reason."""
    for entry in dropped:
        progress.detail("dropped", table=entry.table, rows=entry.rows, reason=entry.reason)


def _peak_memory() -> int:
    """Bytes; getrusage counts in KiB, on macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
