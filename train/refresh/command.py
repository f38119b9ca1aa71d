"""`python -m train refresh`."""

import argparse
import time

from train.display import open_console, show_lines, show_verdict
from train.failures import NOT_SERVED, OK
from train.progress import Log
from train.settings import RunSettings
from train.source.tables import TableNames


def run_command(arguments: argparse.Namespace, names: TableNames, log: Log) -> int:
    """Refresh, say how it ended, and return the exit code."""
    settings = RunSettings(
        source=arguments.source,
        store=arguments.store,
        names=names,
        archive=arguments.archive,
        channel=arguments.channel,
        work=arguments.work,
        memory=arguments.memory,
    )
    log.detail("settings", **settings.told)
    if arguments.dry_run:
        from train.rehearsal.command import rehearse  # noqa: PLC0415 - needless for other commands
        from train.rehearsal.refresh import rehearse_refresh  # noqa: PLC0415 - the same

        return rehearse(lambda: rehearse_refresh(settings, log), arguments.report, log)
    from train.refresh.outcome import facts, markdown, told, verdict  # noqa: PLC0415 - the same
    from train.refresh.refresh import refresh  # noqa: PLC0415 - the same
    from train.tracking.entries import of_refresh  # noqa: PLC0415 - the same
    from train.tracking.tracker import tracker  # noqa: PLC0415 - the same

    track = tracker("refresh", settings, log)
    began = time.monotonic()
    outcome = refresh(settings, log)
    seconds = time.monotonic() - began
    console = open_console()
    show_lines(told(outcome, seconds), console)
    show_verdict(verdict(outcome), console, is_good=outcome.served)
    if arguments.report:
        arguments.report.write_text(markdown(outcome), encoding="utf-8")
    made = [successor.manifest for successor in outcome.successors if successor.made]
    track(lambda: of_refresh(made, verdict(outcome), markdown(outcome), served=outcome.served))
    code = OK if outcome.served else NOT_SERVED
    log.result({**facts(outcome), "seconds": round(seconds, 1), "exit_code": code})
    return code
