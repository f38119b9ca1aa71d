"""A measurement's table, for a person and for a program."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

FOLDER = Path(".bench")
_WIDTH = 120


@dataclass(frozen=True)
class Measured:
    """What was measured: `columns` name the values of each row."""

    name: str
    what: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


def report(measured: Measured) -> None:
    """Print the table, and write it with the machine's description to `.bench/<name>.json`."""
    table = Table(title=measured.what, title_justify="left")
    for column in measured.columns:
        table.add_column(column, justify="left" if column == measured.columns[0] else "right")
    for row in measured.rows:
        table.add_row(*(value if isinstance(value, str) else f"{value:,.4g}" for value in row))
    Console(width=_WIDTH).print(table)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{measured.name}.json").write_text(
        json.dumps({"machine": machine(), **asdict(measured)}, indent=2) + "\n"
    )


def machine() -> str:
    """The processor, the cores that may be used, the system and the Python."""
    return (
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
