"""The charts that more than one page draws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from train.evaluation.bootstrap import Estimate
from train.page.drawing import ACCENT, INK, drawing, label

WIDE = 320
"""Points: half of a page."""

_ROW = 30
_LABELS = 132
_AXIS = 26
_COURSE = 170
_COURSE_MARGINS = (64.0, 32.0, 14.0, 8.0)
_LETTER = 7
"""Points that a letter takes, about."""


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


def dot_plot(
    title: str, rows: Sequence[str], dots: Sequence[Dots], *, percent: bool = False
) -> Markup:
    """Dots with intervals, a row for each name; `percent` is for shares, on an axis from 0."""
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
        if percent:
            axes.set_xlim(left=0)
            axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    return drawn.svg


def bars(title: str, names: Sequence[str], shares: Sequence[float]) -> Markup:
    """A bar a name, and its share behind it."""
    height = 21 * len(names) + 8
    with drawing(title, (WIDE, height), (_LABELS, 2, 50, 2)) as drawn:
        axes = drawn.axes
        places = range(len(names))[::-1]
        axes.barh(places, shares, height=0.62, color=ACCENT)
        for place, share in zip(places, shares, strict=True):
            axes.annotate(
                f"{share:.1%}", (share, place), (5, 0), textcoords="offset points",
                va="center", color=INK,
            )  # fmt: skip
        axes.set(xlim=(0, max(*shares, 0.01)), ylim=(-0.6, len(names) - 0.4), xticks=[])
        axes.set_yticks(places, names)
        axes.spines["bottom"].set_visible(False)
    return drawn.svg


def curve(title: str, names: Sequence[str], estimates: Sequence[Estimate]) -> Markup:
    """Shares one after the other, their intervals as a band; names below, as far as they fit."""
    with drawing(title, (WIDE, _COURSE), _COURSE_MARGINS) as drawn:
        axes, places = drawn.axes, range(len(names))
        low, high = [one.low for one in estimates], [one.high for one in estimates]
        axes.fill_between(places, low, high, color=ACCENT, alpha=0.25, linewidth=0)
        axes.plot(places, [one.value for one in estimates], "o-", color=ACCENT, markersize=3)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
        _course(axes, names)
    return drawn.svg


def columns(title: str, names: Sequence[str], counts: Sequence[int]) -> Markup:
    """Counts one after the other; names below, as far as they fit."""
    with drawing(title, (WIDE, _COURSE), _COURSE_MARGINS) as drawn:
        axes = drawn.axes
        axes.bar(range(len(names)), counts, color=ACCENT, width=0.8)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
        _course(axes, names)
    return drawn.svg


def _course(axes: Axes, names: Sequence[str]) -> None:
    fitting = (WIDE - 2 * _COURSE_MARGINS[0]) // (_LETTER * max(map(len, names)) + _LETTER)
    step = math.ceil(len(names) / max(fitting, 1))
    axes.set_xticks(range(0, len(names), step), names[::step])
    axes.tick_params(axis="x", pad=10)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _rows(axes: Axes, places: Sequence[int], names: Sequence[str]) -> None:
    axes.set_yticks(places, [label(name) for name in names])
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(4))
