"""`--dry-run` on the command line."""

import time
from collections.abc import Callable
from pathlib import Path

from train.display import open_console, show_lines, show_verdict
from train.failures import NOT_SERVED, OK
from train.progress import Log
from train.rehearsal.plan import Plan


def rehearse(make: Callable[[], Plan], report: Path | None, log: Log) -> int:
    """Make the plan, print it, write it if asked, and return the exit code.

    Args:
        make: does the reading and the checks.
        report: a file for the plan as Markdown.
        log: told the result.
    """
    began = time.monotonic()
    plan = make()
    console = open_console()
    show_lines(plan.lines(), console)
    show_verdict(plan.verdict, console, is_good=plan.serves)
    if report:
        listed = "\n".join(f"- {line}" for line in plan.lines())
        report.write_text(f"{plan.verdict}\n\n{listed}\n", encoding="utf-8")
    code = OK if plan.serves else NOT_SERVED
    seconds = round(time.monotonic() - began, 1)
    log.result({**plan.facts(), "seconds": seconds, "exit_code": code})
    return code
