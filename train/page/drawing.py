"""Figures as SVG that stands in a page: its colours are the page's, its texts are texts."""

import re
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, SOFT, LINE, ACCENT, SECOND = (f"#00000{digit}" for digit in range(1, 6))
"""Stand-ins for the page's colours, of which each has a light and a dark one."""

_COLOURS = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    LINE: "var(--line)",
    ACCENT: "var(--accent)",
    SECOND: "var(--second)",
}
_POINTS = 72
_LARGEST = 1.3
"""A figure is shown at most so many times as large as it is drawn."""

_STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar in a topic is a dollar
    "font.size": 12,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}
_HUNDREDTHS = re.compile(r"(\d\.\d\d)\d+")
_WIDEST_LABEL = 18
_MOST_LINES = 2


class Drawing:
    """A figure while it is drawn, and then its SVG.

    Attributes:
        axes: to draw on.
        svg: the finished figure, after the block.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.svg = Markup()


@contextmanager
def drawing(
    title: str, size: tuple[float, float], margins: tuple[float, float, float, float]
) -> Iterator[Drawing]:
    """A figure of one pair of axes.

    Args:
        title: what it shows, for those who do not see it; no two figures of a page share it.
        size: width and height in points.
        margins: left, bottom, right and top of the axes, in points.
    """
    width, height = size
    left, bottom, right, top = margins
    with mpl.rc_context({**_STYLE, "svg.hashsalt": title}):
        figure = Figure((width / _POINTS, height / _POINTS))
        box = (
            left / width, bottom / height,
            (width - left - right) / width, (height - bottom - top) / height,
        )  # fmt: skip
        drawn = Drawing(figure.add_axes(box))
        yield drawn
        drawn.svg = _for_a_page(_svg(figure), title, size)


def label(text: str) -> str:
    """A text that fits beside an axis."""
    lines = textwrap.wrap(text, _WIDEST_LABEL, max_lines=_MOST_LINES, placeholder=" …")
    return "\n".join(lines)


def _svg(figure: Figure) -> str:
    out = StringIO()
    unsaid = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with warnings.catch_warnings():
        # It measures texts with its own font, which need not have each letter that the page's has.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(out, format="svg", transparent=True, metadata=unsaid)
    return out.getvalue()


def _for_a_page(svg: str, title: str, size: tuple[float, float]) -> Markup:
    _, _, inside = svg.partition("</style>\n </defs>")  # those of a document of its own
    inside = re.sub(r'<clipPath.*?</clipPath>| clip-path="[^"]*"', "", inside, flags=re.DOTALL)
    inside = re.sub(r' id="(?!m[0-9a-f]{10}")[^"]*"', "", inside)  # but of markers
    inside = re.sub(r"font-family: [^;\"]*; ?", "", inside)
    inside = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", inside)
    inside = re.sub("<[^>]*>", lambda tag: _HUNDREDTHS.sub(r"\1", tag[0]), inside)
    for stand_in, colour in _COLOURS.items():
        inside = inside.replace(stand_in, colour)
    width, height = size
    return Markup(  # noqa: S704 - matplotlib escapes all texts
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {width:g} {height:g}" '
        f'style="max-width: {width * _LARGEST:g}px">{inside}'
    )
