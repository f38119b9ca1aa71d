"""What a function of Lambda has: its memory, and with it a share of a processor's time.

At 1,769 MB it has one whole vCPU, and its share of time goes with its memory:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_MB_OF_ONE_PROCESSOR = 1769
_PERIOD = 100_000  # microseconds, the kernel's default
_ROOT = Path("/sys/fs/cgroup")
_PROCESSOR, _MEMORY = _ROOT / "cpu", _ROOT / "memory"


@contextmanager
def limited(megabytes: int, *, memory: bool = False) -> Iterator[Callable[[], None]]:
    """What is started in the block before the yielded `leave()` has a function's processor time.

    Args:
        megabytes: of the function.
        memory: whether it has no more memory either: what takes more is killed.
    """
    if os.geteuid() != 0:
        raise SystemExit("a control group can be made by root only")
    limits = _limits(megabytes, memory=memory)
    groups = {root / f"lenta-{os.getpid()}": values for root, values in limits.items()}

    def leave() -> None:
        for group in groups:
            (group.parent / "cgroup.procs").write_text(str(os.getpid()))

    for group, values in groups.items():
        group.mkdir()
        for name, value in values.items():
            (group / name).write_text(value)
    try:
        for group in groups:
            (group / "cgroup.procs").write_text(str(os.getpid()))
        yield leave
    finally:
        leave()
        for group in groups:
            group.rmdir()


def _limits(megabytes: int, *, memory: bool) -> dict[Path, dict[str, str]]:
    quota, most = int(megabytes / _MB_OF_ONE_PROCESSOR * _PERIOD), str(megabytes * 2**20)
    if not _PROCESSOR.exists():  # version 2 has one tree for all
        limits = {"cpu.max": f"{quota} {_PERIOD}"}
        return {_ROOT: limits | ({"memory.max": most, "memory.swap.max": "0"} if memory else {})}
    found = {_PROCESSOR: {"cpu.cfs_period_us": str(_PERIOD), "cpu.cfs_quota_us": str(quota)}}
    return found | ({_MEMORY: {"memory.limit_in_bytes": most}} if memory else {})
