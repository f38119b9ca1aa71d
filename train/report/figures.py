"""The figures of a report."""

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator, PercentFormatter

from artifacts.proofs import LearningCurve
from train.evaluation.bootstrap import Estimate
from train.evaluation.calibration import Calibration
from train.evaluation.slices import Slice
from train.page.charts import WIDE, Dots, bars, dot_plot
from train.page.drawing import ACCENT, SECOND, SOFT, drawing, label
from train.report.dependence import Dependence, Importance

_NARROW = 250


def intervals(title: str, estimates: dict[str, Estimate], first: str) -> Markup:
    """The estimates beside each other, that of `first` in the colour that stands out."""
    colours = [ACCENT if name == first else SOFT for name in estimates]
    return dot_plot(title, list(estimates), [Dots(list(estimates.values()), "o", colours)])


def slice_plot(title: str, parts: Sequence[Slice]) -> Markup:
    """Lenta, popularity and chance, part by part."""
    ours = Dots([part.lenta for part in parts], "o", [ACCENT] * len(parts), 0.16)
    theirs = [_point(part.popularity) for part in parts]
    chance = [_point(part.chance) for part in parts]
    return dot_plot(
        title,
        [part.name for part in parts],
        [
            Dots(chance, "|", [SOFT] * len(parts), -0.16),
            Dots(theirs, "D", [SECOND] * len(parts), -0.16),
            ours,
        ],
    )


def reliability(title: str, curve: Calibration) -> Markup:
    """What was predicted and what came of it, beside the diagonal."""
    with drawing(title, (WIDE, 270), (64, 40, 14, 8)) as drawn:
        axes = drawn.axes
        end = 1.05 * max(curve.predicted.max(), curve.observed.max())
        axes.plot([0, end], [0, end], color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(curve.predicted, curve.observed, "o-", color=ACCENT, linewidth=2, markersize=6)
        axes.set(xlim=(0, end), ylim=(0, end), xlabel="predicted", ylabel="liked")
        axes.grid()
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5))
            axis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    return drawn.svg


def gains(title: str, inputs: Sequence[Importance]) -> Markup:
    """A bar an input."""
    return bars(title, [found.name for found in inputs], [found.share for found in inputs])


def learning_curve(title: str, curve: LearningCurve) -> Markup:
    """What models of fewer and fewer readers tell; what was chosen stands out."""
    rows = [f"{point.readers:,} readers" for point in curve.points]
    estimates = [Estimate(point.value, point.low, point.high) for point in curve.points]
    colours = [ACCENT if place == curve.chosen else SOFT for place in range(len(rows))]
    return dot_plot(title, rows, [Dots(estimates, "o", colours)])


def dependence_curve(
    title: str, found: Dependence, span: tuple[float, float], names: Sequence[str] = ()
) -> Markup:
    """What an input adds to the log odds; `names` are those of its values, if they have some."""
    with drawing(title, (_NARROW, 150), (42, 62 if names else 24, 12, 8)) as drawn:
        axes = drawn.axes
        axes.axhline(0, color=SOFT, linewidth=1)
        axes.plot(found.values, found.effects, "o" if names else "o-", color=ACCENT, markersize=4)
        axes.set_ylim(span)
        axes.grid(axis="y")
        axes.yaxis.set_major_locator(MaxNLocator(4))
        if names:
            axes.set_xticks(found.values, [label(name) for name in names], rotation=35, ha="right")
        else:
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=found.few))
    return drawn.svg


def span_of(curves: Sequence[Dependence]) -> tuple[float, float]:
    """The range of all curves, so that they can be compared."""
    effects = np.concatenate([curve.effects for curve in curves])
    low, high = float(effects.min()), float(effects.max())
    room = 0.08 * (high - low) or 0.1
    return low - room, high + room


def _point(value: float) -> Estimate:
    """A value without an interval."""
    return Estimate(value, math.nan, math.nan)
