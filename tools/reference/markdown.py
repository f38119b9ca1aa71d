"""Tables in Markdown."""

from collections.abc import Iterable


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table; `|` in a cell is told apart from the border."""
    border = f"|{'---|' * len(head)}\n"
    return _line(head) + border + "".join(map(_line, rows))


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |\n".replace("|  |", "| |").replace("|  |", "| |")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
