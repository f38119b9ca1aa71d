"""The closing table of a run."""

from rich.console import Console
from rich.table import Table

from train.outcome import Outcome, verdict
from train.report.markdown import basis, grid, proofs


def show_result(outcome: Outcome, console: Console) -> None:
    """Print the figures of a new release beside the baselines, and where the release went."""
    if outcome.trained:
        measured = outcome.manifest.evaluation
        metrics, rows = grid(measured)
        table = Table("", title=basis(measured), title_justify="left")
        for metric in metrics:
            table.add_column(f"{metric} (95 % interval)")
        for model, cells in rows.items():
            table.add_row(model, *cells)
        console.print(table)
        for proof in proofs(outcome.manifest):
            console.print(proof, markup=False, soft_wrap=True)
    # Soft-wrapped: the command in it can be copied.
    console.print(verdict(outcome), markup=False, soft_wrap=True)
