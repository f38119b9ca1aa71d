"""The command line of training."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console
from rich.progress import Progress as Bars

from artifacts.errors import ArtifactError, StoreUnavailable
from train.arguments import SOURCE_VARIABLE, STORE_VARIABLE, parser
from train.display import show_result
from train.errors import TrainError
from train.experiment import command as experiment_command
from train.progress import Terminal
from train.refresh import command as refresh_command
from train.report.markdown import UNFINISHED, markdown
from train.settings import RunSettings
from train.source.tables import TableNames

OK = 0
FAILED = 1
USAGE = 2
UNAVAILABLE = 4
NOT_SERVED = 5


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    whole = parser()
    arguments = whole.parse_args(argv)
    if arguments.command != "demo-data":
        _require_places(whole, arguments)
    try:
        return _run_command(whole, arguments)
    except TrainError as error:
        print(f"train: {error}", file=sys.stderr)
        return FAILED
    except ArtifactError as error:
        print(f"train: {error}", file=sys.stderr)
        return UNAVAILABLE if isinstance(error, StoreUnavailable) else FAILED


def _run_command(whole: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "run":
            return _run(arguments)
        case "refresh":
            return refresh_command.run_command(arguments, _names(arguments))
        case "evaluate":
            return _evaluate(arguments)
        case "experiment":
            return experiment_command.run_command(whole, arguments, _names(arguments))
        case _:
            return _demo_data(arguments)


def _require_places(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """End with a sentence if the tables, the store or the report have no place."""
    if not arguments.source:
        parser.error(f"where are the tables? Say --source, or set {SOURCE_VARIABLE}")
    if arguments.command in {"run", "refresh"} and not arguments.store:
        parser.error(f"where shall the release go? Say --store, or set {STORE_VARIABLE}")
    if vars(arguments).get("report"):
        try:
            arguments.report.write_text(UNFINISHED, encoding="utf-8")
        except OSError as error:
            parser.error(f"the report cannot be written to {arguments.report}: {error.strerror}")


def _run(arguments: argparse.Namespace) -> int:
    from train.run import run  # noqa: PLC0415 - LightGBM and the like, which demo-data does without

    settings = replace(_settings(arguments, arguments.store), cluster=arguments.cluster)
    outcome = run(settings, Terminal())
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
        names=_names(arguments),
        archive=arguments.archive,
        test_from=arguments.test_from,
        timezone=arguments.timezone,
        work=arguments.work,
        memory=arguments.memory,
        most_pairs=arguments.most_pairs,
        seed=arguments.seed,
    )


def _names(arguments: argparse.Namespace) -> TableNames:
    return TableNames(
        arguments.user_data, arguments.post_text_df, arguments.feed_data, arguments.schema
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
