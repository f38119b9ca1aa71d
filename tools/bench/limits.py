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
_OF_PROCESSOR, _OF_MEMORY = _ROOT / "cpu", _ROOT / "memory"
_GRACE = 5 * 2**20
"""Of this process, which is in the group until it leaves it."""


@contextmanager
def limited(megabytes: int, *, memory: bool = False) -> Iterator[Callable[[], None]]:
    """What is started in the block before the yielded `leave()` has a function's processor time.

    Args:
        megabytes: of the function.
        memory: whether it has no more memory either: whoever takes more is killed.
    """
    if os.geteuid() != 0:
        raise SystemExit("a control group can be made by root only")
    quota = int(megabytes / _MB_OF_ONE_PROCESSOR * _PERIOD)
    most = str(megabytes * 2**20 + _GRACE)
    if _OF_PROCESSOR.exists():
        wanted = {
            _OF_PROCESSOR: {"cpu.cfs_period_us": str(_PERIOD), "cpu.cfs_quota_us": str(quota)}
        }
        if memory:
            wanted[_OF_MEMORY] = {"memory.limit_in_bytes": most}
    else:
        wanted = {_ROOT: {"cpu.max": f"{quota} {_PERIOD}"}}
        if memory:
            wanted[_ROOT] |= {"memory.max": most, "memory.swap.max": "0"}
    groups = {root: root / f"lenta-{os.getpid()}" for root in wanted}

    def leave() -> None:
        for root in groups:
            (root / "cgroup.procs").write_text(str(os.getpid()))

    for root, group in groups.items():
        group.mkdir()
        for name, value in wanted[root].items():
            (group / name).write_text(value)
    try:
        for group in groups.values():
            (group / "cgroup.procs").write_text(str(os.getpid()))
        yield leave
    finally:
        leave()
        for group in groups.values():
            group.rmdir()
