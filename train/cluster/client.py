"""The connection to a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from distributed import Client, LocalCluster

from train.errors import ClusterError

_LOCAL = "local:"
_PATIENCE_SECONDS = 20
"""For a scheduler to answer, and for its first worker."""


@contextmanager
def connect(address: str) -> Iterator[Client]:
    """A client of the scheduler at an address, or of workers that live as long as the block.

    Args:
        address: "tcp://host:port", or "local:N" for N workers of one core on this machine.

    Raises:
        ClusterError: nobody answers, there is no worker, one lacks this program, or the address is
            none.
    """
    if not address.startswith(_LOCAL):
        with _client(address) as client:
            yield client
        return
    number = address.removeprefix(_LOCAL)
    if not number.isdigit() or int(number) < 1:
        raise ClusterError(f"{address} names no cluster: local:2 has two workers")
    with (
        LocalCluster(
            n_workers=int(number), threads_per_worker=1, dashboard_address=None, memory_limit=0
        ) as cluster,
        _client(cluster.scheduler_address) as client,
    ):
        yield client


@contextmanager
def _client(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=_PATIENCE_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE_SECONDS)
        except TimeoutError as error:
            raise ClusterError(f"the scheduler at {address} has no worker") from error
        try:
            # LightGBM and the like take seconds: not in the first task.
            client.run(import_module, "train.cluster.fitter")
        except ImportError as error:
            raise ClusterError(f"the workers of {address} lack what tasks need: {error}") from error
        yield client
