"""Whether a run has what it needs besides the tables: a store, a key, memory, disk, a cluster."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from artifacts.channel import read_channel
from artifacts.errors import Conflict, StoreUnavailable
from artifacts.layout import CHANNELS
from artifacts.signing import signer
from artifacts.stores import ObjectStore
from artifacts.stores.folder import FolderStore
from train.checkpoint import Checkpoint, run_digest
from train.errors import WorkError
from train.provenance import code
from train.settings import RunSettings
from train.warehouse import Warehouse

_TRIAL = f"{CHANNELS}dry-run"
_NO_VERSION = '"00000000000000000000000000000000"'
_STAGES = ("tables", "features", "models")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_TIMES = 6
"""Measured: 11 MB of 3 MB with 97,263 rows of feed, 84 MB of 15 MB with 1,522,448."""
_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def check_signing() -> dict[str, str]:
    """Whether releases are signed.

    Raises:
        ArtifactError: they are to be, and the key cannot be used.
    """
    return {"signing": "the key signs" if signer() else "releases are not signed"}


def check_store(store: ObjectStore, settings: RunSettings) -> dict[str, str]:
    """What serves, if the store can be read and would take a release.

    Raises:
        ArtifactError: it cannot, or would not.
    """
    channel = read_channel(store, settings.channel)
    serving = f"serves {' and '.join(channel.releases)}" if channel else "serves nothing yet"
    return {
        "store": f"{settings.store} can be read{_require_writable(store)}",
        "channel": f"{settings.channel} {serving}",
    }


def _require_writable(store: ObjectStore) -> str:
    if isinstance(store, FolderStore):
        folder = _nearest(store.path(_TRIAL))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise StoreUnavailable(f"{folder} must not be written to")
        return " and written"
    # S3 asks for the right before the condition: that no version meets, so nothing is written.
    with suppress(Conflict):
        store.replace(_TRIAL, b"", _NO_VERSION)
    return f", and its {CHANNELS} written"


def check_work(settings: RunSettings) -> dict[str, str]:
    """Where the run's own files would go, and what a run that died has left there.

    Raises:
        WorkError: they cannot go there.
    """
    if settings.work is None:
        return {"work": f"a folder in {tempfile.gettempdir()}, removed at the end"}
    folder = _nearest(settings.work)
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise WorkError(f"the work folder {settings.work} cannot be used: {folder} is not writable")
    left = Checkpoint(settings.work, run_digest(settings, code()))
    finished = [stage for stage in _STAGES if left.get(stage) is not None]
    after = f"; a run would go on after: {', '.join(finished)}" if finished else ""
    return {"work": f"{settings.work}{after}"}


def check_cluster(address: str | None) -> dict[str, str]:
    """How many workers there are.

    Raises:
        ClusterError: nobody answers, or there is none.
    """
    if not address:
        return {}
    from train.cluster.client import connect  # noqa: PLC0415 - one machine does without Dask

    with connect(address) as client:
        return {"cluster": f"{address} has {len(client.scheduler_info()['workers'])} workers"}


def check_machine(warehouse: Warehouse, settings: RunSettings) -> tuple[dict[str, str], list[str]]:
    """Memory and disk, and what is wrong with them.

    Args:
        warehouse: has read the tables.
        settings: of the run.
    """
    limit, memory = _limit(warehouse), _memory()
    taken = sum(path.stat().st_size for path in warehouse.folder.rglob("*") if path.is_file())
    place = _nearest(settings.work or Path(tempfile.gettempdir()))
    free = shutil.disk_usage(place).free
    found = {
        "memory": f"DuckDB may take {_gb(limit)} of {_gb(memory)}",
        "disk": f"the tables took {_gb(taken)}, {_gb(free)} are free at {place}",
    }
    return found, list(_doubts(limit, memory, taken, free))


def _doubts(limit: float, memory: int, taken: int, free: int) -> Iterator[str]:
    if limit > memory:
        yield "--memory is more than this machine has: it would die, not spill to disk"
    if free < _TIMES * taken:
        yield f"the disk may become full: a run takes up to {_TIMES} times what the tables took"


def _limit(warehouse: Warehouse) -> float:
    number, unit = str(warehouse.query("SELECT current_setting('memory_limit')")[0][0]).split()
    return float(number) * _UNITS[unit]


def _memory() -> int:
    """Bytes of this machine, or of the container."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(whole, int(_CGROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # there is none, or it is "max"
        return whole


def _nearest(path: Path) -> Path:
    """The path, or the nearest above it that is there."""
    path = path.absolute()
    return next(each for each in (path, *path.parents) if each.exists())


def _gb(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"  # noqa: PLR2004 - a GB
