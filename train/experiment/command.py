"""`python -m train experiment`."""

import argparse
import json
import math
import os
from pathlib import Path

from rich.console import Console

from train.progress import Log
from train.source.tables import TableNames

KEY_VARIABLE = "READER_HASH_KEY"
"""The variable that holds the key by which the function hashed readers' ids in its log."""

OK = 0
NOT_TRUSTED = 6

_WIDTH = 160
_UNFINISHED = "{}\n"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options besides the source's."""
    parser.add_argument(
        "--exposures", required=True, type=Path, metavar="PATH",
        help="the function's log: a file, or a folder of files",
    )  # fmt: skip
    parser.add_argument(
        "--experiment", metavar="NAME", help="which (default: the only one of the log)"
    )
    parser.add_argument(
        "--window-hours", type=_hours, default=24.0, metavar="HOURS",
        help="so long after a feed a like counts as its own (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON, too")


def _hours(text: str) -> float:
    hours = float(text)
    if not (math.isfinite(hours) and hours > 0):
        raise argparse.ArgumentTypeError("must be above 0")
    return hours


def run_command(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace, names: TableNames, log: Log
) -> int:
    """Print the result, write it if asked, and return the exit code."""
    from train.experiment.analysis import (  # noqa: PLC0415 - scikit-learn, which others do without
        ExperimentSettings,
        analyse,
    )
    from train.experiment.display import show_experiment  # noqa: PLC0415 - the same

    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        parser.error(f"who are the readers of the log? Set {KEY_VARIABLE} as the function has it")
    if arguments.json:
        try:
            arguments.json.write_text(_UNFINISHED, encoding="utf-8")
        except OSError as error:
            parser.error(f"the result cannot be written to {arguments.json}: {error.strerror}")
    found = analyse(
        ExperimentSettings(
            exposures=arguments.exposures,
            source=arguments.source,
            key=key.encode(),
            experiment=arguments.experiment,
            window_hours=arguments.window_hours,
            names=names,
            archive=arguments.archive,
            timezone=arguments.timezone,
            work=arguments.work,
            memory=arguments.memory,
        ),
        log,
    )
    console = Console()
    show_experiment(found, console if console.is_terminal else Console(width=_WIDTH))
    if arguments.json:
        arguments.json.write_text(json.dumps(found.to_json(), indent=2) + "\n", encoding="utf-8")
    code = OK if found.trusted else NOT_TRUSTED
    log.result({"command": "experiment", "verdict": list(found.verdict), "exit_code": code})
    return code
