"""The function at the sizes of memory that Lambda offers: with memory goes the processor's time.

A control group gives the emulator its share here.
"""

import statistics
import time

from tools.bench.limits import limited
from tools.bench.subject import event, function, store
from tools.bench.table import Measured
from tools.runtime import Runtime, lambda_runtime, runtime_python

_SIZES = (512, 1024, 1769, 3008)
_STARTS = 5
_CALLS = 60


def measure() -> Measured:
    """Cold starts and warm calls at each size, in turn, and the memory that was really used."""
    address = str(store())
    folder, version = function()
    python = runtime_python(version)
    inits: dict[int, list[float]] = {size: [] for size in _SIZES}
    calls: dict[int, list[float]] = {size: [] for size in _SIZES}
    peaks: dict[int, float] = {}
    for _ in range(_STARTS):
        for size in _SIZES:
            with (
                limited(size) as leave,
                lambda_runtime(folder, python, {"ARTIFACT_STORE": address}) as runtime,
            ):
                leave()
                runtime.invoke(event(200))
                inits[size].append(runtime.init_milliseconds() or float("nan"))
                calls[size] += _times(runtime)
                peaks[size] = runtime.peak_megabytes()
    return Measured(
        "memory",
        f"The function by memory; {_STARTS} cold starts, {_STARTS * _CALLS} calls each, in turn",
        ("MB", "init, ms", "longest", "call p50, ms", "p99", "used, MB"),
        tuple(
            (
                f"{size:,}",
                statistics.median(inits[size]),
                max(inits[size]),
                statistics.median(calls[size]),
                statistics.quantiles(calls[size], n=100)[98],
                peaks[size],
            )
            for size in _SIZES
        ),
    )


def _times(runtime: Runtime) -> list[float]:
    taken = []
    for number in range(_CALLS):
        began = time.perf_counter()
        runtime.invoke(event(201 + number * 7))
        taken.append((time.perf_counter() - began) * 1000)
    return taken
