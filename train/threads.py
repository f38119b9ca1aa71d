"""How many threads the parts of a run may take."""

import os

from threadpoolctl import threadpool_limits


def one_for_blas() -> threadpool_limits:
    """A context in which BLAS works in one thread.

    Its threads wait for each other busily, and its products are small here. Alone on a machine more
    of them save nothing; beside other programs features took 150 s with two and 10 s with one.
    """
    return threadpool_limits(1, user_api="blas")


def cores() -> int:
    """Those that this process may use, where the system tells, else all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
