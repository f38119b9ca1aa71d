"""How many threads the parts of a run may take."""

from threadpoolctl import threadpool_limits


def one_for_blas() -> threadpool_limits:
    """A context in which BLAS works in one thread.

    Its threads wait for each other busily, and its products are small here. Alone on a machine more
    of them save nothing; beside other programs features took 150 s with two and 10 s with one.
    """
    return threadpool_limits(1, user_api="blas")
