"""`python -m train inspect`."""

import argparse
import time
from pathlib import Path

from rich.console import Console

from train.failures import OK
from train.progress import Log
from train.settings import RunSettings
from train.source.tables import TableNames


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options besides the source's."""
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page with figures there, too"
    )


def run_command(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace, names: TableNames, log: Log
) -> int:
    """Look at the tables, tell what there is, and return the exit code."""
    from train.inspect.display import show_look  # noqa: PLC0415 - needless for other commands
    from train.inspect.look import look  # noqa: PLC0415 - the same
    from train.inspect.words import verdict  # noqa: PLC0415 - the same

    if arguments.html:
        _require_writable(parser, arguments.html)
    settings = RunSettings(
        source=arguments.source,
        store="",
        names=names,
        archive=arguments.archive,
        timezone=arguments.timezone,
        work=arguments.work,
        memory=arguments.memory,
    )
    log.detail("settings", **settings.told)
    began = time.monotonic()
    found = look(settings, log)
    show_look(found, Console())
    if arguments.html:
        from train.inspect.page import render  # noqa: PLC0415 - only pages want matplotlib

        arguments.html.write_bytes(render(found))
    log.result(
        {
            "command": "inspect",
            "taken": found.refused is None,
            "verdict": verdict(found),
            "seconds": round(time.monotonic() - began, 1),
            "exit_code": OK,
        }
    )
    return OK


def _require_writable(parser: argparse.ArgumentParser, path: Path) -> None:
    """End with a sentence if the page could not be written when all is counted."""
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        parser.error(f"the page cannot be written to {path}: {error.strerror}")
