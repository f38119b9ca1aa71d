"""The command line of training."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace

from train.arguments import SOURCE_VARIABLE, STORE_VARIABLE, parser
from train.display import open_console, show_result
from train.experiment import command as experiment_command
from train.failures import (
    FAILED,
    INTERRUPTED,
    NOT_SERVED,
    OK,
    UNAVAILABLE,
    USAGE,
    explain,
)
from train.inspect import command as inspect_command
from train.outcome import facts
from train.progress import Log, open_log
from train.refresh import command as refresh_command
from train.report.markdown import UNFINISHED, markdown
from train.settings import RunSettings
from train.source.tables import TableNames

__all__ = ["FAILED", "INTERRUPTED", "NOT_SERVED", "OK", "UNAVAILABLE", "USAGE", "main"]


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    whole = parser()
    arguments = whole.parse_args(argv)
    if arguments.command != "demo-data":
        _require_places(whole, arguments)
    log = open_log(verbose=arguments.verbose)
    try:
        return _run_command(whole, arguments, log)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it was: in a sentence
        failure = explain(error, vars(arguments).get("work"))
        log.failed(failure)
        return failure.exit_code


def _run_command(whole: argparse.ArgumentParser, arguments: argparse.Namespace, log: Log) -> int:
    match arguments.command:
        case "run":
            return _run(arguments, log)
        case "refresh":
            return refresh_command.run_command(arguments, _names(arguments), log)
        case "evaluate":
            return _evaluate(arguments, log)
        case "inspect":
            return inspect_command.run_command(whole, arguments, _names(arguments), log)
        case "experiment":
            return experiment_command.run_command(whole, arguments, _names(arguments), log)
        case _:
            return _demo_data(arguments, log)


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


def _run(arguments: argparse.Namespace, log: Log) -> int:
    settings = replace(
        _settings(arguments, arguments.store),
        channel=arguments.channel,
        cluster=arguments.cluster,
    )
    log.detail("settings", **settings.told)
    if arguments.dry_run:
        from train.rehearsal.command import rehearse  # noqa: PLC0415 - DuckDB and the like
        from train.rehearsal.run import rehearse_run  # noqa: PLC0415 - the same

        return rehearse(lambda: rehearse_run(settings, log), arguments.report, log)
    from train.run import run  # noqa: PLC0415 - LightGBM and the like, which demo-data does without
    from train.tracking.entries import of_run  # noqa: PLC0415 - the same
    from train.tracking.tracker import tracker  # noqa: PLC0415 - the same

    track = tracker("run", settings, log)
    began = time.monotonic()
    outcome = run(settings, log)
    seconds = time.monotonic() - began
    show_result(outcome, open_console(), seconds)
    if arguments.report:
        arguments.report.write_text(markdown(outcome), encoding="utf-8")
    track(lambda: of_run(outcome))
    code = OK if outcome.served else NOT_SERVED
    log.result({**facts(outcome), "seconds": round(seconds, 1), "exit_code": code})
    return code


def _evaluate(arguments: argparse.Namespace, log: Log) -> int:
    from train.evaluation.figures import figures  # noqa: PLC0415 - the same
    from train.evaluation.markdown import evaluation_markdown  # noqa: PLC0415 - the same
    from train.evaluation.protocol import evaluate  # noqa: PLC0415 - the same
    from train.provenance import code  # noqa: PLC0415 - the same
    from train.stages import Stages  # noqa: PLC0415 - the same
    from train.tracking.entries import of_evaluation  # noqa: PLC0415 - the same
    from train.tracking.tracker import tracker  # noqa: PLC0415 - the same

    settings = _settings(arguments, store="")
    log.detail("settings", **settings.told)
    track = tracker("evaluate", settings, log, folds=arguments.folds)
    began, stages = time.monotonic(), Stages(log)
    found = evaluate(settings, arguments.folds, stages)
    text = evaluation_markdown(found, settings.seed)
    print(text, end="")
    if arguments.report:
        arguments.report.write_text(text, encoding="utf-8")
    track(lambda: of_evaluation(figures(found, settings.seed), stages.done, code(), text))
    seconds = round(time.monotonic() - began, 1)
    log.result({"command": "evaluate", "seconds": seconds, "exit_code": OK})
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


def _demo_data(arguments: argparse.Namespace, log: Log) -> int:
    from train import demo_data  # noqa: PLC0415 - a run does without

    try:
        with log.stage("making the tables"):
            made = demo_data.write(
                arguments.out,
                users=arguments.users,
                posts=arguments.posts,
                days=arguments.days,
                seed=arguments.seed,
                progress=log.steps,
            )
    except demo_data.DemoDataError as error:
        log.failed(replace(explain(error), sentence=str(error), exit_code=USAGE))
        return USAGE
    print(
        f"made {made.user_data:,} readers, {made.post_text_df:,} posts and "
        f"{made.feed_data:,} rows of feed"
    )
    log.result({"command": "demo-data", **vars(made), "exit_code": OK})
    return OK
