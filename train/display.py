"""What a command prints at its end: the figures, where the release went, and the verdict."""

from collections.abc import Iterable

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from train.outcome import Outcome, verdict
from train.progress.course import span
from train.report.markdown import basis, grid, proofs

# Wide enough for a model's figures in one line where there is no terminal to fit into.
_PIPE_WIDTH = 120
_ROOM_FOR_INTERVALS_BESIDE = 110
_ROOM_FOR_INTERVALS = 78
_ROOM_FOR_ALL = 60


def open_console() -> Console:
    """Of stdout."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def show_result(outcome: Outcome, console: Console, seconds: float) -> None:
    """Print how a run ended.

    Args:
        outcome: of the run; for a new release its figures are shown beside the baselines'.
        console: where to.
        seconds: how long it took.
    """
    if outcome.trained:
        console.print(_figures(outcome, console.width))
        console.print()
        channel = f"{outcome.channel} ({'served' if outcome.served else 'not served'})"
        places = [
            f"release: {outcome.manifest.release}",
            f"store: {outcome.store}",
            f"channel: {channel}",
            f"took: {span(seconds)}",
        ]
        show_lines((*proofs(outcome.manifest), *places), console)
    show_verdict(verdict(outcome), console, is_good=outcome.served)


def show_lines(lines: Iterable[str], console: Console) -> None:
    """Print sentences, each in one line however long it is, so that it can be copied."""
    for line in lines:
        name, colon, rest = line.partition(": ")
        style = {"gate passed": "green", "gate failed": "red"}.get(name, "bold")
        told = Text.assemble((name, style), ": ", rest) if colon else Text(line)
        console.print(told, soft_wrap=True)


def show_verdict(text: str, console: Console, *, is_good: bool) -> None:
    """Print the last line."""
    console.print(Text(text, style="bold green" if is_good else "bold yellow"), soft_wrap=True)


def _figures(outcome: Outcome, room: int) -> Table:
    """A row a model; with less room intervals go below, then away, then the other metrics."""
    measured = outcome.manifest.evaluation
    metrics, rows = grid(measured)
    if room < _ROOM_FOR_ALL:
        metrics = metrics[:1]
    intervals = room >= _ROOM_FOR_INTERVALS
    table = Table(
        "", title=basis(measured), title_justify="left", title_style="", box=SIMPLE, pad_edge=False,
        caption="in brackets: 95 % intervals" if intervals else None, caption_justify="left",
    )  # fmt: skip
    for metric in metrics:
        table.add_column(metric, no_wrap=True)
    for number, (model, cells) in enumerate(rows.items()):
        if not intervals:
            cells = [cell.partition(" ")[0] for cell in cells]  # noqa: PLW2901 - the same, shorter
        elif room < _ROOM_FOR_INTERVALS_BESIDE:
            cells = [cell.replace(" ", "\n") for cell in cells]  # noqa: PLW2901 - the same, folded
        table.add_row(model, *cells[: len(metrics)], style="" if number else "bold")
    return table
