"""The command line of training."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress as Bars

from artifacts.errors import ArtifactError, StoreUnavailable
from train.display import show_result
from train.errors import TrainError
from train.experiment import command as experiment_command
from train.progress import Terminal
from train.report.markdown import UNFINISHED, markdown
from train.settings import RunSettings
from train.source.tables import TableNames

OK = 0
FAILED = 1
USAGE = 2
UNAVAILABLE = 4
NOT_SERVED = 5

SOURCE_VARIABLE = "LENTA_SOURCE"
STORE_VARIABLE = "LENTA_STORE"


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.command != "demo-data":
        _require_places(parser, arguments)
    try:
        if arguments.command == "experiment":
            return experiment_command.run_command(parser, arguments)
        return {"run": _run, "evaluate": _evaluate, "demo-data": _demo_data}[arguments.command](
            arguments
        )
    except TrainError as error:
        print(f"train: {error}", file=sys.stderr)
        return FAILED
    except ArtifactError as error:
        print(f"train: {error}", file=sys.stderr)
        return UNAVAILABLE if isinstance(error, StoreUnavailable) else FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="train", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    run = commands.add_parser("run", help="train, measure, publish and serve a release")
    _add_source(run)
    _add_learning(run)
    run.add_argument(
        "--store", default=os.environ.get(STORE_VARIABLE),
        help=f"s3://bucket/prefix or a folder (default: {STORE_VARIABLE})",
    )  # fmt: skip

    evaluate = commands.add_parser(
        "evaluate", help="measure the ranking on folds of time and beside baselines; no release"
    )
    _add_source(evaluate)
    _add_learning(evaluate)
    evaluate.add_argument(
        "--folds", type=int, default=3, help="windows to measure on (default: %(default)s)"
    )

    experiment = commands.add_parser(
        "experiment", help="compare the arms of an experiment, by the function's log"
    )
    _add_source(experiment)
    experiment_command.add_options(experiment)
    experiment.set_defaults(report=None)

    demo = commands.add_parser("demo-data", help="make tables like the network's own")
    demo.add_argument("--out", required=True, help="a new folder, or postgresql://…")
    demo.add_argument("--users", type=int, default=5_000)
    demo.add_argument("--posts", type=int, default=7_023)
    demo.add_argument("--days", type=int, default=90)
    demo.add_argument("--seed", type=int, default=1)
    return parser


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source", default=os.environ.get(SOURCE_VARIABLE),
        help=f"postgresql://… or a folder of three tables (default: {SOURCE_VARIABLE})",
    )  # fmt: skip
    defaults = RunSettings("", "")
    names = defaults.names
    parser.add_argument(
        "--schema", default=names.schema, help="of the tables (default: %(default)s)"
    )
    for table in ("user_data", "post_text_df", "feed_data"):
        parser.add_argument(
            f"--{table.replace('_', '-')}", default=getattr(names, table), metavar="NAME",
            help=f"what the source calls {table}",
        )  # fmt: skip
    parser.add_argument("--timezone", default=defaults.timezone, help="the network's clock")
    parser.add_argument(
        "--work", type=Path, help="keep the run's own database there (default: nowhere)"
    )
    parser.add_argument("--memory", default=defaults.memory, help="the most DuckDB may take")


def _add_learning(parser: argparse.ArgumentParser) -> None:
    defaults = RunSettings("", "")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the result as Markdown")
    parser.add_argument(
        "--test-from", type=date.fromisoformat, metavar="DAY",
        help="measure on the days from this one on (default: on the last third)",
    )  # fmt: skip
    parser.add_argument(
        "--most-pairs", type=int, default=defaults.most_pairs, metavar="N",
        help="learn from about so many impressions, of readers drawn whole (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=defaults.seed)


def _require_places(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """End with a sentence if the tables, the store or the report have no place."""
    if not arguments.source:
        parser.error(f"where are the tables? Say --source, or set {SOURCE_VARIABLE}")
    if arguments.command == "run" and not arguments.store:
        parser.error(f"where shall the release go? Say --store, or set {STORE_VARIABLE}")
    if arguments.report:
        try:
            arguments.report.write_text(UNFINISHED, encoding="utf-8")
        except OSError as error:
            parser.error(f"the report cannot be written to {arguments.report}: {error.strerror}")


def _run(arguments: argparse.Namespace) -> int:
    from train.run import run  # noqa: PLC0415 - LightGBM and the like, which demo-data does without

    outcome = run(_settings(arguments, arguments.store), Terminal())
    show_result(outcome, Console())
    if arguments.report:
        arguments.report.write_text(markdown(outcome), encoding="utf-8")
    return OK if outcome.served else NOT_SERVED


def _evaluate(arguments: argparse.Namespace) -> int:
    from train.evaluation.markdown import evaluation_markdown  # noqa: PLC0415 - the same
    from train.evaluation.protocol import evaluate  # noqa: PLC0415 - the same

    settings = _settings(arguments, store="")
    text = evaluation_markdown(evaluate(settings, arguments.folds, Terminal()), settings.seed)
    print(text, end="")
    if arguments.report:
        arguments.report.write_text(text, encoding="utf-8")
    return OK


def _settings(arguments: argparse.Namespace, store: str) -> RunSettings:
    return RunSettings(
        source=arguments.source,
        store=store,
        names=TableNames(
            arguments.user_data, arguments.post_text_df, arguments.feed_data, arguments.schema
        ),
        test_from=arguments.test_from,
        timezone=arguments.timezone,
        work=arguments.work,
        memory=arguments.memory,
        most_pairs=arguments.most_pairs,
        seed=arguments.seed,
    )


def _demo_data(arguments: argparse.Namespace) -> int:
    from train import demo_data  # noqa: PLC0415 - a run does without

    with Bars(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("generating readers", total=arguments.users)
        try:
            made = demo_data.write(
                arguments.out,
                users=arguments.users,
                posts=arguments.posts,
                days=arguments.days,
                seed=arguments.seed,
                progress=lambda done, total: bars.update(task, completed=done, total=total),
            )
        except demo_data.DemoDataError as error:
            print(f"train: {error}", file=sys.stderr)
            return USAGE
    print(
        f"made {made.user_data:,} readers, {made.post_text_df:,} posts and "
        f"{made.feed_data:,} rows of feed"
    )
    return OK
