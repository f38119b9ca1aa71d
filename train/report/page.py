"""The page of a report: one file that needs no other."""

import math

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from artifacts.proofs import CurvePoint, LearningCurve, Score
from train.evaluation.bootstrap import Estimate
from train.evaluation.measure import METRICS
from train.evaluation.ranking import AUC, HIT_RATE, NDCG
from train.evaluation.scorers import LENTA
from train.evaluation.slices import Slice
from train.report import figures
from train.report.findings import SAMPLED_ROWS, Findings

TITLES = {HIT_RATE: "HitRate@5", NDCG: "NDCG@5", AUC: "AUC"}
PREVIEW = 200
"""Characters of a post that are shown at once."""
_LONGEST = 4_000
_SHOWN_COLUMNS = 10


def render(findings: Findings) -> bytes:
    """The page, in UTF-8."""
    environment = Environment(
        loader=PackageLoader("train.report"),
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
    template = environment.get_template("report.html")
    page = template.render(
        found=findings,
        draft=findings.draft,
        releases=(findings.draft, *findings.before),
        metrics=METRICS,
        titles=TITLES,
        ours=LENTA,
        sampled_rows=SAMPLED_ROWS,
        shown_columns=_SHOWN_COLUMNS,
        slices=_by_kind(findings),
        figures=_figures(findings),
    )
    return page.encode()


def _figures(findings: Findings) -> dict[str, dict[str, Markup]]:
    """The figures of each section by what they show."""
    table = findings.table
    span = figures.span_of(findings.curves) if findings.curves else (0.0, 1.0)
    topics = findings.draft.features.topics
    return {
        "quality": {
            metric: figures.intervals(
                f"{TITLES[metric]} of every ranking with its interval; the table has the numbers",
                {model: samples[metric].estimate for model, samples in table.items()},
                LENTA,
            )
            for metric in METRICS
        },
        "calibration": {
            "": figures.reliability(
                "What was liked over what was predicted, in ten bins; the table has the numbers",
                findings.calibration,
            )
        },
        "readers": _curve(findings.draft.learning_curve),
        "importance": {
            "": figures.gains("The share of the gain of every input", findings.importance)
        },
        "curves": {
            curve.name: figures.dependence_curve(
                f"What {curve.name} adds to the log odds, from {curve.effects.min():+.2f} to "
                f"{curve.effects.max():+.2f}",
                curve,
                span,
                [topics[int(value)] for value in curve.values] if curve.name == "topic" else (),
            )
            for curve in findings.curves
        },
        "slices": {
            kind: figures.slice_plot(
                f"HitRate@5 by {kind}, of Lenta, popularity and chance; the table has the numbers",
                parts,
            )
            for kind, parts in _by_kind(findings).items()
        },
    }


def _curve(curve: LearningCurve | None) -> dict[str, Markup]:
    if not curve or len(curve.points) == 1:
        return {}
    title = (
        "What fewer readers tell, as a share of what all of them tell; the table has the numbers"
    )
    return {"": figures.learning_curve(title, curve)}


def _by_kind(findings: Findings) -> dict[str, list[Slice]]:
    kinds = dict.fromkeys(part.kind for part in findings.slices)
    return {kind: [part for part in findings.slices if part.kind == kind] for kind in kinds}


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
