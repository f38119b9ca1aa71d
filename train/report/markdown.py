"""The report of a run, in Markdown: for the page of a workflow, and to keep."""

from collections.abc import Iterator

from artifacts.manifest import Manifest
from artifacts.proofs import Evaluation, Score
from train.outcome import Outcome, verdict

UNFINISHED = "The run came to no result; its log says why.\n"
"""What stands in for a report until there is one."""


def markdown(outcome: Outcome) -> str:
    """The verdict as the first line; for a new release then its figures, proofs and origin."""
    if not outcome.trained:
        return f"{verdict(outcome)}\n"
    figures = "\n".join(_figures(outcome.manifest.evaluation))
    listed = "\n".join(f"- {fact}" for fact in facts(outcome.manifest))
    return f"{verdict(outcome)}\n\n{figures}\n\n{listed}\n"


def _cell(score: Score | None) -> str:
    """A figure with its interval, if it was measured."""
    if score is None:
        return ""
    if score.low is None or score.high is None:
        return f"{score.value:.4f}"
    return f"{score.value:.4f} ({score.low:.4f}-{score.high:.4f})"


def grid(measured: Evaluation) -> tuple[list[str], dict[str, list[str]]]:
    """The metrics, and a row of cells for each model."""
    metrics = list(dict.fromkeys(score.metric for score in measured.scores))
    models = dict.fromkeys(score.model for score in measured.scores)
    return metrics, {
        model: [_cell(measured.score(metric, model)) for metric in metrics] for model in models
    }


def basis(measured: Evaluation) -> str:
    """What the figures are of."""
    return (
        f"{measured.slates:,} sessions of {measured.readers:,} readers, "
        f"{measured.test_since} to {measured.test_until}, re-ranked"
    )


def proofs(manifest: Manifest) -> Iterator[str]:
    """The graph's exactness, the gate's checks and what was dropped, a sentence each."""
    exactness = manifest.exactness
    yield (
        f"graph against LightGBM: {exactness.differing + exactness.threshold_differing} of "
        f"{exactness.rows + exactness.threshold_rows:,} rows differ"
    )
    if manifest.learning_curve:
        yield manifest.learning_curve.sentence
    if manifest.first_stage:
        yield manifest.first_stage.sentence
    for check in manifest.gate.checks:
        yield f"gate {'passed' if check.passed else 'failed'}: {check.sentence}"
    for entry in manifest.data.dropped:
        yield f"dropped from {entry.table}: {entry.rows:,} rows ({entry.reason})"


def _figures(measured: Evaluation) -> Iterator[str]:
    metrics, rows = grid(measured)
    yield f"{basis(measured)}, with 95 % intervals:"
    yield ""
    yield _row(["", *metrics])
    yield _row(["---"] * (1 + len(metrics)))
    for model, cells in rows.items():
        yield _row([model, *cells])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def facts(manifest: Manifest) -> Iterator[str]:
    """The proofs, and what the release was made from and how."""
    data = manifest.data
    yield from proofs(manifest)
    yield f"source: {data.source}"
    yield f"period: {data.since} to {data.until}, {data.views:,} views"
    yield f"parent: {manifest.parent or 'none'}"
    yield f"recipe: {manifest.recipe}"
    for stage in manifest.stages:
        memory = f"{stage.peak_memory / 1e6:,.0f} MB at most by then"
        yield f"{stage.name}: {stage.seconds:.1f} s, {memory}"
