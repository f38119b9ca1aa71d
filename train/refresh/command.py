"""`python -m train refresh`."""

import argparse

from artifacts.layout import PRODUCTION
from train.progress import Terminal
from train.settings import RunSettings
from train.source.tables import TableNames

OK = 0
NOT_SERVED = 5


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options besides the source's and the store's."""
    parser.add_argument(
        "--channel", default=PRODUCTION, help="whose releases (default: %(default)s)"
    )


def run_command(arguments: argparse.Namespace, names: TableNames) -> int:
    """Refresh, say how it ended, and return the exit code."""
    from train.refresh.outcome import markdown, told  # noqa: PLC0415 - needless for other commands
    from train.refresh.refresh import refresh  # noqa: PLC0415 - the same

    settings = RunSettings(
        source=arguments.source,
        store=arguments.store,
        names=names,
        archive=arguments.archive,
        channel=arguments.channel,
        work=arguments.work,
        memory=arguments.memory,
    )
    outcome = refresh(settings, Terminal())
    for line in told(outcome):
        print(line)
    if arguments.report:
        arguments.report.write_text(markdown(outcome), encoding="utf-8")
    return OK if outcome.served else NOT_SERVED
