"""A table of the page, as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | float


@dataclass(frozen=True)
class Table:
    """A table; its numbers are written with three digits that count.

    Attributes:
        title: for the terminal.
        columns: their heads.
        rows: of as many cells each.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def markdown(self) -> str:
        """Its lines, as they stand in `docs/scaling.md`."""
        ruler = ["---", *["---:"] * (len(self.columns) - 1)]
        if all(isinstance(cell, str) for row in self.rows for cell in row):
            ruler = ["---"] * len(self.columns)
        lines = [_line(self.columns), "|" + "|".join(ruler) + "|"]
        lines += [_line([written(cell) for cell in row]) for row in self.rows]
        return "\n".join(lines)


def written(cell: Cell) -> str:
    """A number with three digits that count and commas between thousands; a text as it is."""
    if isinstance(cell, str):
        return cell
    if cell == 0:
        return "0"
    rounded = float(f"{cell:.3g}")
    if abs(rounded) >= 100 or rounded.is_integer():  # noqa: PLR2004 - three digits before the point
        return f"{rounded:,.0f}"
    return f"{rounded:.3g}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
