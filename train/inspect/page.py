"""The look as a page: one file that needs no other."""

import math
import textwrap
from collections.abc import Sequence

from markupsafe import Markup

from train.inspect import words
from train.inspect.result import Look, Part
from train.page.charts import Dots, bars, columns, curve, dot_plot
from train.page.drawing import ACCENT, SOFT
from train.page.render import render_page

_NAME = 18
_COURSES = {"place", "hour", "weekday", "day"}
"""What is drawn as a curve."""
_DARKEST = 50
"""Hundredths of the accent behind which the page's ink can still be read, in both schemes."""


def render(found: Look) -> bytes:
    """The page, in UTF-8."""
    days = found.splits["day"].parts
    return render_page(
        "train.inspect",
        "inspect.html",
        found=found,
        ages=[part.name for part in found.splits["age"].parts],
        words=words,
        shares={kind: _shares(found, kind) for kind in words.OF_READERS},
        rates={
            kind: _rates(kind, name, found.splits[kind].parts)
            for kind, name in (words.OF_READERS | words.OF_VIEWS | {"day": "day"}).items()
        },
        heat=_heat(found),
        days=columns(
            "Views by day; the table has the numbers",
            [part.name for part in days],
            [part.views for part in days],
        ),
    )


def _shares(found: Look, kind: str) -> Markup:
    parts = found.splits[kind].parts
    return bars(
        f"Readers by {words.OF_READERS[kind]}; the table has the numbers",
        [textwrap.shorten(part.name, _NAME, placeholder=" …") for part in parts],
        [part.members / found.totals.readers for part in parts],
    )


def _rates(kind: str, name: str, parts: Sequence[Part]) -> Markup:
    title = f"Likes per view by {name}; the table has the numbers"
    names, rates = [part.name for part in parts], [part.rate for part in parts]
    if kind in _COURSES:
        return curve(title, names, rates)
    colours = [SOFT if math.isnan(rate.low) else ACCENT for rate in rates]
    return dot_plot(title, names, [Dots(rates, "o", colours)], percent=True)


def _heat(found: Look) -> dict[str, list[tuple[Part | None, float]]]:
    """Of each topic its part at each age, and the shade of its cell, in hundredths."""
    ages = [part.name for part in found.splits["age"].parts]
    rows = {
        topic.name: [found.heat.get((age, topic.name)) for age in ages] for topic in found.topics
    }
    rates = [part.rate.value for row in rows.values() for part in row if part and _is_sure(part)]
    least = min(rates, default=0.0)
    span = max(rates, default=0.0) - least or 1.0
    return {
        topic: [
            (part, _DARKEST * (part.rate.value - least) / span if part and _is_sure(part) else 0)
            for part in row
        ]
        for topic, row in rows.items()
    }


def _is_sure(part: Part) -> bool:
    return not math.isnan(part.rate.low)
