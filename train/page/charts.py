"""The charts that more than one page draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from train.evaluation.bootstrap import Estimate
from train.page.drawing import ACCENT, INK, drawing, label

WIDE = 320
"""Points: half of a page."""

_ROW = 30
_LABELS = 132
_AXIS = 26


@dataclass(frozen=True)
class Dots:
    """One dot a row.

    Attributes:
        estimates: the dots and, where there are some, their intervals.
        marker: matplotlib's name of its shape.
        colours: one a row, of the page's.
        offset: how far they lie above the middle of the row, in rows.
    """

    estimates: Sequence[Estimate]
    marker: str
    colours: Sequence[str]
    offset: float = 0.0


def dot_plot(title: str, rows: Sequence[str], dots: Sequence[Dots]) -> Markup:
    """Dots with intervals, a row for each name."""
    height = _ROW * len(rows) + _AXIS + 6
    with drawing(title, (WIDE, height), (_LABELS, _AXIS, 14, 6)) as drawn:
        axes = drawn.axes
        places = range(len(rows))[::-1]
        for kind in dots:
            for place, estimate, colour in zip(places, kind.estimates, kind.colours, strict=True):
                middle = place + kind.offset
                axes.plot([estimate.low, estimate.high], [middle] * 2, color=colour, linewidth=2)
                axes.plot(
                    estimate.value, middle, kind.marker,
                    color=colour, markersize=12 if kind.marker == "|" else 7, markeredgewidth=2,
                )  # fmt: skip
        _rows(axes, places, rows)
    return drawn.svg


def bars(title: str, shares: Mapping[str, float]) -> Markup:
    """A bar a name, and its share behind it."""
    height = 21 * len(shares) + 8
    with drawing(title, (WIDE, height), (_LABELS, 2, 50, 2)) as drawn:
        axes = drawn.axes
        places = range(len(shares))[::-1]
        axes.barh(places, list(shares.values()), height=0.62, color=ACCENT)
        for place, share in zip(places, shares.values(), strict=True):
            axes.annotate(
                f"{share:.1%}", (share, place), (5, 0), textcoords="offset points",
                va="center", color=INK,
            )  # fmt: skip
        axes.set(xlim=(0, max(*shares.values(), 0.01)), ylim=(-0.6, len(shares) - 0.4), xticks=[])
        axes.set_yticks(places, list(shares))
        axes.spines["bottom"].set_visible(False)
    return drawn.svg


def _rows(axes: Axes, places: Sequence[int], names: Sequence[str]) -> None:
    axes.set_yticks(places, [label(name) for name in names])
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(4))
