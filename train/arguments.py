"""The command line's arguments."""

import argparse
import os
from datetime import date
from pathlib import Path

from artifacts.layout import PRODUCTION
from train.experiment import command as experiment_command
from train.inspect import command as inspect_command
from train.settings import RunSettings

SOURCE_VARIABLE = "LENTA_SOURCE"
"""The variable that stands for `--source`, and keeps a password off the command line."""
STORE_VARIABLE = "LENTA_STORE"
"""The variable that stands for `--store`."""
ARCHIVE_VARIABLE = "LENTA_ARCHIVE"
"""The variable that stands for `--archive`."""


def parser() -> argparse.ArgumentParser:
    """Of all commands."""
    whole = argparse.ArgumentParser(prog="train", description="The command line of training.")
    commands = whole.add_subparsers(dest="command", required=True)

    inspect = commands.add_parser("inspect", help="look at the tables before anything is learned")
    _add_source(inspect)
    _add_clock(inspect)
    inspect_command.add_options(inspect)

    run = commands.add_parser("run", help="train, measure, publish and serve a release")
    _add_source(run)
    _add_clock(run)
    _add_learning(run)
    _add_report(run)
    _add_store(run)
    _add_dry_run(run)
    run.add_argument(
        "--cluster", metavar="ADDRESS",
        help="of a Dask scheduler, tcp://host:port; local:N starts N workers here",
    )  # fmt: skip

    refresh = commands.add_parser(
        "refresh", help="give the model that is served newer features; nothing is trained"
    )
    _add_source(refresh)
    _add_report(refresh)
    _add_store(refresh)
    _add_dry_run(refresh)

    evaluate = commands.add_parser(
        "evaluate", help="measure the ranking on folds of time and beside baselines; no release"
    )
    _add_source(evaluate)
    _add_clock(evaluate)
    _add_learning(evaluate)
    _add_report(evaluate)
    evaluate.add_argument(
        "--folds",
        type=int,
        default=3,
        metavar="N",
        help="windows to measure on (default: %(default)s)",
    )

    experiment = commands.add_parser(
        "experiment", help="compare the arms of an experiment, by the function's log"
    )
    _add_source(experiment)
    _add_clock(experiment)
    experiment_command.add_options(experiment)

    demo = commands.add_parser("demo-data", help="make tables like the network's own")
    demo.add_argument("--out", required=True, help="a new folder, or postgresql://…")
    for name, default, told in (
        ("users", 5_000, "how many readers"),
        ("posts", 7_023, "how many posts"),
        ("days", 90, "how many days of feed"),
        ("seed", 1, "of all that is drawn: the same makes the same tables"),
    ):
        demo.add_argument(
            f"--{name}", type=int, default=default, metavar="N",
            help=f"{told} (default: %(default)s)",
        )  # fmt: skip
    for command in (inspect, run, refresh, evaluate, experiment, demo):
        command.add_argument(
            "--verbose", action="store_true",
            help="tell more: settings, rows kept and dropped, SQL, memory, an error's traceback",
        )  # fmt: skip
    return whole


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source", default=os.environ.get(SOURCE_VARIABLE),
        help=f"postgresql://… or a folder of three tables (default: {SOURCE_VARIABLE})",
    )  # fmt: skip
    defaults = RunSettings("", "")
    names = defaults.names
    parser.add_argument(
        "--schema",
        default=names.schema,
        metavar="NAME",
        help="of the tables (default: %(default)s)",
    )
    for table in ("user_data", "post_text_df", "feed_data"):
        parser.add_argument(
            f"--{table.replace('_', '-')}", default=getattr(names, table), metavar="NAME",
            help=f"what the source calls {table} (default: %(default)s)",
        )  # fmt: skip
    parser.add_argument(
        "--archive", default=os.environ.get(ARCHIVE_VARIABLE) or None, metavar="URL",
        help="keep the days of a database's feed there, s3://bucket/prefix or a folder, and read "
        f"only what is new (default: {ARCHIVE_VARIABLE})",
    )  # fmt: skip
    parser.add_argument(
        "--work", type=Path, metavar="FOLDER",
        help="keep the run's own database there (default: nowhere)",
    )  # fmt: skip
    parser.add_argument(
        "--memory", default=defaults.memory, metavar="SIZE",
        help="the most DuckDB may take before it spills to disk (default: %(default)s)",
    )  # fmt: skip


def _add_learning(parser: argparse.ArgumentParser) -> None:
    defaults = RunSettings("", "")
    parser.add_argument(
        "--test-from", type=date.fromisoformat, metavar="DAY",
        help="measure on the days from this one on (default: on the last third)",
    )  # fmt: skip
    parser.add_argument(
        "--most-pairs", type=int, default=defaults.most_pairs, metavar="N",
        help="learn from about so many impressions, of readers drawn whole (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, metavar="N",
        help="of all that is drawn (default: %(default)s)",
    )  # fmt: skip


def _add_clock(parser: argparse.ArgumentParser) -> None:
    default = RunSettings("", "").timezone
    parser.add_argument(
        "--timezone", default=default, metavar="ZONE",
        help="the network's clock, an IANA name (default: %(default)s)",
    )  # fmt: skip


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the result as Markdown")


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true",
        help="read and check all, say what would be done, and change nothing",
    )  # fmt: skip


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store", default=os.environ.get(STORE_VARIABLE),
        help=f"s3://bucket/prefix or a folder (default: {STORE_VARIABLE})",
    )  # fmt: skip
    parser.add_argument(
        "--channel", default=PRODUCTION,
        help="what shall serve the release (default: %(default)s)",
    )  # fmt: skip
