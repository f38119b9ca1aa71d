"""Removing what no day of the archive needs any more."""

import re
import secrets
from datetime import UTC, datetime

from artifacts.stores import ObjectStore
from train.archive.fingerprint import Day, Fingerprint
from train.archive.index import GRACE, Origin, read_index

_DAYS = "days/"
_FORMAT = "%Y%m%dT%H%M%SZ"
_KEY = re.compile(r"days/[^/]+/\d+-[0-9a-f]{32}/(\d{8}T\d{6}Z)-[0-9a-f]{8}-\d+\.parquet", re.ASCII)


class Keys:
    """Names of the files that a run writes: no other run's are the same, and each tells its age."""

    def __init__(self) -> None:
        self._run = f"{datetime.now(UTC):{_FORMAT}}-{secrets.token_hex(4)}"

    def of(self, day: Day, fingerprint: Fingerprint, part: int) -> str:
        """The key of a part of a day."""
        return f"{_DAYS}{day or 'none'}/{fingerprint}/{self._run}-{part}.parquet"


def remove_leftovers(store: ObjectStore, origin: Origin, now: datetime | None = None) -> list[str]:
    """Remove files older than GRACE that no day needs, and give their keys.

    They are left by runs that died, and by days that were read again.

    Args:
        store: the archive's.
        origin: what it is of.
        now: the present time (aware) if None.

    Raises:
        SourceError: as `read_index`.
        StoreUnavailable: the store failed; every day is whole.
    """
    now = now or datetime.now(UTC)
    old = [key for key in store.keys(_DAYS) if (made := _made_at(key)) and now - made > GRACE]
    # Only now, or files that another run has just named would be unknown to it.
    index = read_index(store, origin)
    unneeded = [key for key in old if key not in (index.needed(now) if index else ())]
    for key in unneeded:
        store.remove(key)
    return unneeded


def _made_at(key: str) -> datetime | None:
    found = _KEY.fullmatch(key)
    return datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC) if found else None
