"""For whom a command speaks."""

import sys

from rich.console import Console

from train.progress.base import Log
from train.progress.lines import JsonLines
from train.progress.terminal import Terminal


def open_log(*, verbose: bool = False) -> Log:
    """What speaks to a person if stderr is a terminal, and else to a program."""
    console = Console(stderr=True, highlight=False)
    if console.is_terminal:
        return Terminal(console, verbose=verbose)
    return JsonLines(sys.stderr, verbose=verbose)
