"""The closing table of a run."""

from rich.console import Console
from rich.table import Table

from artifacts.manifest import Manifest, Score


def show_result(manifest: Manifest, console: Console) -> None:
    """Print the figures beside the baselines, and where the release went."""
    measured = manifest.evaluation
    table = Table(
        title=f"{measured.slates:,} sessions of {measured.readers:,} readers, "
        f"{measured.test_since} to {measured.test_until}, re-ranked",
        title_justify="left",
    )
    metrics = list(dict.fromkeys(score.metric for score in measured.scores))
    table.add_column("")
    for metric in metrics:
        table.add_column(f"{metric} (95 % interval)")
    for model in dict.fromkeys(score.model for score in measured.scores):
        table.add_row(model, *(_cell(measured.score(metric, model)) for metric in metrics))
    console.print(table)
    gate = manifest.gate
    console.print(
        f"graph against LightGBM: {gate.differing + gate.threshold_differing} of "
        f"{gate.rows + gate.threshold_rows:,} rows differ"
    )
    for entry in manifest.data.dropped:
        console.print(f"dropped from {entry.table}: {entry.rows:,} rows ({entry.reason})")
    console.print(f"release {manifest.release} is served")


def _cell(score: Score | None) -> str:
    if score is None:
        return ""
    if score.low is None or score.high is None:
        return f"{score.value:.4f}"
    return f"{score.value:.4f} ({score.low:.4f}-{score.high:.4f})"
