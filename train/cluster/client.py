"""The connection to a cluster."""

import logging
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib import import_module

from distributed import Client, KilledWorker, LocalCluster
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError

from train.errors import ClusterError

_LOCAL = "local:"
_PATIENCE_SECONDS = 20
"""For a scheduler to answer, and for its first worker."""
_LOST = (CancelledError, ClosedClientError, CommClosedError, KilledWorker)
"""What Dask raises of tasks whose scheduler, or one worker after the other, has died."""


@contextmanager
def connect(address: str) -> Iterator[Client]:
    """A client of the scheduler at an address, or of workers that live as long as the block.

    Args:
        address: "tcp://host:port", or "local:N" for N workers of one core on this machine.

    Raises:
        ClusterError: nobody answers, there is no worker, one lacks this program, or the address is
            none; or the cluster was lost in the block.
    """
    # What it would say of a scheduler that is gone, the error says.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
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
            _import_program(client, address)
            yield client
        except _LOST as error:
            raise ClusterError(
                f"the cluster at {address} is gone, or its workers die at this: {error}"
            ) from error


def _import_program(client: Client, address: str) -> None:
    """Have the workers import it, LightGBM and the like too, which takes them seconds."""
    try:
        client.run(import_module, "train.cluster.fitter")
    except ImportError as error:
        raise ClusterError(f"the workers of {address} lack what tasks need: {error}") from error
