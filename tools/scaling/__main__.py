"""`python -m tools.scaling`: print the tables of `docs/scaling.md`."""

from tools.scaling import bill, growth, study
from tools.scaling.limits import limits
from tools.scaling.table import Table
from tools.scaling.training import training


def tables() -> list[Table]:
    """All of them, in the order of the page."""
    return [
        growth.load(), study.cold_starts(), study.sudden(), study.shards(), growth.memory(),
        growth.publishing(), training(), bill.prices(), bill.feeds(), *limits(),
    ]  # fmt: skip


if __name__ == "__main__":
    for table in tables():
        print(f"{table.title}\n\n{table.markdown()}\n")
