"""The function at the sizes of memory that Lambda offers: with memory goes the processor's time.

At 1,769 MB a function has one whole vCPU, and its share of time goes with its memory:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
A control group gives the emulator that share here.
"""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bench.subject import event, function, store
from tools.bench.table import Measured
from tools.runtime import Runtime, lambda_runtime, runtime_python

_SIZES = (512, 1024, 1769, 3008)
_MB_OF_ONE_PROCESSOR = 1769
_STARTS = 5
_CALLS = 60
_PERIOD = 100_000  # microseconds, the kernel's default
_ONE = Path("/sys/fs/cgroup/cpu")
_UNIFIED = Path("/sys/fs/cgroup")


def measure() -> Measured:
    """Cold starts and warm calls at each size, in turn, and the memory that was really used."""
    if os.geteuid() != 0:
        raise SystemExit("a control group can be made by root only")
    address = str(store())
    folder, version = function()
    python = runtime_python(version)
    inits: dict[int, list[float]] = {size: [] for size in _SIZES}
    calls: dict[int, list[float]] = {size: [] for size in _SIZES}
    peaks: dict[int, float] = {}
    for _ in range(_STARTS):
        for size in _SIZES:
            with (
                _share_of_processor(size / _MB_OF_ONE_PROCESSOR) as leave,
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


@contextmanager
def _share_of_processor(share: float) -> Iterator["_Leave"]:
    """Whatever is started in the block before `leave()` has that share of one processor's time."""
    root = _ONE if _ONE.exists() else _UNIFIED
    group = root / f"lenta-{os.getpid()}"
    group.mkdir()
    leave = _Leave(root)
    try:
        if root == _ONE:
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(int(share * _PERIOD)))
        else:
            (group / "cpu.max").write_text(f"{int(share * _PERIOD)} {_PERIOD}")
        (group / "cgroup.procs").write_text(str(os.getpid()))
        yield leave
    finally:
        leave()
        group.rmdir()


class _Leave:
    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self) -> None:
        (self._root / "cgroup.procs").write_text(str(os.getpid()))
