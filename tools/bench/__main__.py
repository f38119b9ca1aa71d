"""`make bench`: all measurements, or those that are named."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, cast

from tools.bench.table import Measured, report

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = (
    "requests", "load", "memory", "cold", "reading", "archive", "catalogue", "soak", "kills",
    "experiment", "lift", "page", "plot",
)  # fmt: skip
"""Quick ones first."""

for name in sys.argv[1:] or NAMES:
    # Each has its own libraries, which the others need not wait for.
    measure = cast("Callable[[], Measured | None]", import_module(f"tools.bench.{name}").measure)
    measured = measure()
    if measured:
        report(measured)
