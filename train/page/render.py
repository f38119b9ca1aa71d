"""One template and what it tells, as one file that needs no other."""

import math

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from artifacts.proofs import CurvePoint, Score
from train.evaluation.bootstrap import Estimate

PREVIEW = 200
"""Characters of a text that are shown at once."""
_LONGEST = 4_000


def render_page(room: str, template: str, **told: object) -> bytes:
    """The page, in UTF-8.

    Args:
        room: the package whose `templates` has the template; `page.html` and `parts.html`, which it
            builds on, are this room's.
        template: its name.
        told: what the template names.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(room), PackageLoader("train.page")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "interval": _interval,
        "gain": _gain,
        "share": _share,
        "preview": _preview,
        "rest": _rest,
    }
    return environment.get_template(template).render(told).encode()


def _interval(score: Score | Estimate | CurvePoint | None, digits: int = 4) -> Markup:
    """A figure above its interval."""
    return _above_interval(score, f".{digits}f")


def _gain(estimate: Estimate, digits: int = 4) -> Markup:
    """The same of a difference."""
    return _above_interval(estimate, f"+.{digits}f")


def _above_interval(score: Score | Estimate | CurvePoint | None, form: str) -> Markup:
    if score is None or math.isnan(score.value):
        return Markup("unknown")
    value, low, high = score.value, score.low, score.high
    if low is None or high is None or math.isnan(low) or low == value == high:
        return escape(format(value, form))
    interval = Markup("{} <small>{} to {}</small>")
    return interval.format(*(format(number, form) for number in (value, low, high)))


def _share(value: float) -> str:
    return f"{value:.1%}"


def _preview(text: str) -> str:
    """The beginning of a text, to the end of a word."""
    if len(text) <= PREVIEW:
        return text
    return text[:PREVIEW].rsplit(maxsplit=1)[0]


def _rest(text: str) -> str:
    """What follows the preview, as far as anyone reads."""
    rest = text[len(_preview(text)) :].strip()
    if len(rest) <= _LONGEST:
        return rest
    return f"{rest[:_LONGEST]} … and {len(rest) - _LONGEST:,} characters more"
