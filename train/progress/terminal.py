"""Progress for a person in a terminal."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from train.failures import Failure
from train.progress.base import Fact
from train.progress.course import Course, span

_BAR = 20
_ROOM_FOR_BAR = 60
"""In fewer columns the words need all of them."""
_ROOM_FOR_RATE = 72
_A_SECOND = 8


class Terminal:
    """A line a stage with a tick and its seconds; of the one that runs a bar and what is left.

    Args:
        console: of the terminal.
        verbose: whether details are shown, and the traceback of an error.
    """

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._console, self._verbose = console, verbose
        self._course = Course()
        self._note = self._unit = ""
        plain = console.options.ascii_only
        self._tick, self._cross = ("+", "x") if plain else ("✓", "✗")
        self._spinner = Spinner("line" if plain else "dots", style="cyan")

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Take them for the time that is left."""
        self._course.expect(seconds)

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Show the stage while it lasts, and how long it took."""
        began = time.monotonic()
        self._course.begin(title, began)
        self._note = self._unit = ""
        mark = Text(self._cross, style="red")
        live = Live(
            console=self._console, get_renderable=self._running, transient=True,
            refresh_per_second=_A_SECOND, redirect_stdout=False,
        )  # fmt: skip
        try:
            with live:
                yield
            mark = Text(self._tick, style="green")
        finally:
            self._console.print(stage_line(mark, title, self._note, time.monotonic() - began))

    def rows(self, done: int, expected: int | None) -> None:
        """Show how far they are, their rate and the time left."""
        self._unit = "rows"
        self._course.reach(done, expected)

    def steps(self, done: int, total: int) -> None:
        """Show how far they are, and the time left."""
        self._course.reach(done, total)

    def note(self, text: str) -> None:
        """Show it behind the stage's title."""
        self._note = text

    def detail(self, what: str, **facts: Fact) -> None:
        """Show it below the stages that are done, if it is wanted."""
        if self._verbose:
            told = ", ".join(
                f"{name} {fact}" for name, fact in facts.items() if fact not in (None, "")
            )
            self._console.print(Text(f"  {what}: {told}", style="dim"), soft_wrap=True)

    def warning(self, sentence: str) -> None:
        """The sentence."""
        told = Text.assemble(("train: ", "bold yellow"), sentence)
        self._console.print(told, soft_wrap=True)

    def result(self, facts: Mapping[str, object]) -> None:
        """Nothing: the command prints it."""

    def failed(self, failure: Failure) -> None:
        """The sentence; the traceback before it, if details are wanted."""
        if self._verbose:
            self._console.print(Text(failure.traceback, style="dim"), soft_wrap=True)
        told = Text.assemble(("train: ", "bold red"), failure.sentence)
        self._console.print(told, soft_wrap=True)

    def _running(self) -> RenderableType:
        now, course, room = time.monotonic(), self._course, self._console.width
        grid = _grid()
        grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        cells: list[RenderableType] = [Text(course.title)]
        if room >= _ROOM_FOR_BAR:
            grid.add_column(width=_BAR)
            cells.append(_bar(course.share(now), now))
        if self._unit and room >= _ROOM_FOR_RATE:
            grid.add_column(justify="right", no_wrap=True)
            cells.append(Text(f"{course.rate(now):,.0f} {self._unit}/s", style="cyan"))
        left = course.left_of_stage(now)
        told = f"{span(left)} left" if left else span(now - course.began)
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(self._spinner, *cells, Text(told, style="dim"))
        in_all = course.left(now)
        if not in_all:
            return grid
        whole = Table.grid(expand=True)
        whole.add_row(grid)
        whole.add_row(Text(f"about {span(in_all)} left in all", style="dim", justify="right"))
        return whole


def stage_line(mark: Text, title: str, note: str, seconds: float) -> RenderableType:
    """What is left on the screen of a stage that has ended."""
    told = Text(title)
    if note:
        told.append(f": {note}", style="dim")
    grid = _grid()
    grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(mark, told, Text(span(seconds), style="dim"))
    return grid


def _grid() -> Table:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=1)
    return grid


def _bar(share: float | None, now: float) -> ProgressBar:
    if share is None:
        return ProgressBar(width=_BAR, pulse=True, animation_time=now)
    return ProgressBar(total=1.0, completed=share, width=_BAR)
