"""The archive's index: what the archive is of, and which files are which day."""

import secrets
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from artifacts.document import Document, Part, UtcDatetime, to_second
from artifacts.errors import AlreadyExists, BrokenRelease, Conflict, NotFound
from artifacts.stores import ObjectStore
from train.archive.fingerprint import Fingerprint
from train.errors import SourceError

INDEX = "index.json"
GRACE = timedelta(days=1)
"""A file that no day needs any more stays as long: another run may be reading it."""

_ATTEMPTS = 10
# The longest random wait, in milliseconds, before a lost swap is tried again.
_WAIT = 100

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=1)]


class Origin(Part):
    """Where the days come from: an archive keeps those of one table and one clock.

    Attributes:
        server: host and port, as they were given; without them libpq's own.
        timezone: IANA name of the network's clock, by which rows belong to days.
    """

    server: str
    database: str
    schema_name: str
    table: str
    timezone: str

    def __str__(self) -> str:
        return (
            f"{self.schema_name}.{self.table} of the database {self.database} at {self.server}, "
            f"by the clock of {self.timezone}"
        )


class KeptFile(Part):
    """A file of a day: Parquet, perhaps without a row, never changed once it is written."""

    key: Annotated[str, Field(min_length=1)]
    sha256: Sha256
    size: Count
    rows: Annotated[int, Field(ge=0)]


class KeptDay(Part):
    """A day as it was when it was read.

    Attributes:
        day: None for the rows that belong to no day.
        rows: those of all its files.
        checksum: of its fingerprint.
    """

    day: date | None
    rows: Count
    checksum: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    files: Annotated[tuple[KeptFile, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rows_add_up(self) -> Self:
        if sum(file.rows for file in self.files) != self.rows:
            raise ValueError("the rows of its files do not add up to its own")
        return self

    @property
    def fingerprint(self) -> Fingerprint:
        """By which it is known whether the table still has the same rows."""
        return Fingerprint(self.rows, self.checksum)


class Retired(Part):
    """A file that no day has needed since then."""

    key: str
    since: UtcDatetime


class Index(Document):
    """The whole archive.

    Attributes:
        days: those that the table had when it was last read, each once.
        retired: files to be removed once they are older than GRACE.
    """

    origin: Origin
    days: tuple[KeptDay, ...]
    retired: tuple[Retired, ...] = ()
    updated_at: UtcDatetime

    @model_validator(mode="after")
    def _each_day_once(self) -> Self:
        if len({kept.day for kept in self.days}) < len(self.days):
            raise ValueError("a day is there twice")
        return self

    @property
    def keys(self) -> set[str]:
        """Of the files of all days."""
        return {file.key for kept in self.days for file in kept.files}

    def needed(self, now: datetime) -> set[str]:
        """Keys of all files that are not to be removed yet."""
        return self.keys | {one.key for one in self.retired if now - one.since < GRACE}


def read_index(store: ObjectStore, origin: Origin) -> Index | None:
    """The index, or None of an archive that is yet to begin.

    Raises:
        SourceError: the archive is of something else, or its index is unreadable.
        StoreUnavailable: the store cannot be read.
    """
    return _read(store, origin)[0]


def move_index(
    store: ObjectStore, origin: Origin, days: Sequence[KeptDay], now: datetime | None = None
) -> Index:
    """Let the archive consist of these days, by a compare-and-swap of the whole index.

    Of two runs that read the table at once the last to come here decides: either has read all
    of it, and what differs from the table by then is read again by the next run.

    Args:
        store: the archive's.
        origin: what the days are of.
        days: whose files are written.
        now: the present time (aware) if None.

    Raises:
        SourceError: as `read_index`.
        Conflict: the index was moved by others at every attempt.
        StoreUnavailable: the store failed; the archive is as before.
    """
    for _ in range(_ATTEMPTS):
        current, version = _read(store, origin)
        if current and current.days == tuple(days):
            return current
        moved = _successor(current, origin, days, to_second(now))
        try:
            if version is None:
                store.create(INDEX, moved.to_json())
            else:
                store.replace(INDEX, moved.to_json(), version)
        except (AlreadyExists, Conflict):
            time.sleep(secrets.randbelow(_WAIT) / 1000)
        else:
            return moved
    raise Conflict(f"the archive was moved by others {_ATTEMPTS} times in a row; try again")


def _successor(
    current: Index | None, origin: Origin, days: Sequence[KeptDay], now: datetime
) -> Index:
    moved = Index(origin=origin, days=tuple(days), updated_at=now)
    if current is None:
        return moved
    since = {one.key: one.since for one in current.retired if now - one.since < GRACE}
    since |= dict.fromkeys(current.keys, now)
    retired = (Retired(key=key, since=since[key]) for key in sorted(since.keys() - moved.keys))
    return moved.model_copy(update={"retired": tuple(retired)})


def _read(store: ObjectStore, origin: Origin) -> tuple[Index | None, str | None]:
    try:
        stored = store.read(INDEX)
    except NotFound:
        return None, None
    try:
        index = Index.from_json(stored.data)
    except BrokenRelease as error:
        raise SourceError(
            f"the archive cannot be used: {error}; without its {INDEX} all days are read anew"
        ) from error
    if index.origin != origin:
        raise SourceError(f"the archive keeps {index.origin}; what is to be read is {origin}")
    return index, stored.version
