"""The page of a report: one file that needs no other."""

from markupsafe import Markup

from artifacts.proofs import LearningCurve
from train.evaluation.measure import METRICS
from train.evaluation.ranking import AUC, HIT_RATE, NDCG
from train.evaluation.scorers import LENTA
from train.evaluation.slices import Slice
from train.page.render import render_page
from train.report import figures
from train.report.findings import SAMPLED_ROWS, Findings

TITLES = {HIT_RATE: "HitRate@5", NDCG: "NDCG@5", AUC: "AUC"}
_SHOWN_COLUMNS = 10


def render(findings: Findings) -> bytes:
    """The page, in UTF-8."""
    return render_page(
        "train.report",
        "report.html",
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
