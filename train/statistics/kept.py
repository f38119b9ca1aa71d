"""The statistics of days in the archive's store: for each day its tables, and last its facts."""

import re
import secrets
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from artifacts.errors import AlreadyExists, BrokenRelease, Conflict, NotFound
from artifacts.stores import ObjectStore
from train.archive.files import Files
from train.archive.index import GRACE
from train.statistics.facts import DayFacts, KeptTable

PREFIX = "statistics/"
_FACTS = "facts.json"
_AT_ONCE = 4
_FORMAT = "%Y%m%dT%H%M%SZ"
_MADE = re.compile(r"/(\d{8}T\d{6}Z)-[0-9a-f]{8}-\w+\.parquet\Z", re.ASCII)
_OTHER_WAYS = timedelta(days=7)
"""So long what was counted in another way stays: a release made by it may be refreshed."""


class Kept:
    """Statistics that were counted in one way.

    Args:
        store: the archive's.
        copies: a folder for files that lie elsewhere.
        way: digest of the program and of what it was told: other ways give other numbers.
    """

    def __init__(self, store: ObjectStore, copies: Path, way: str) -> None:
        self._store = store
        self._files = Files(store, copies)
        self._prefix = f"{PREFIX}{way[:16]}/"

    def facts(self, days: Mapping[date, str]) -> dict[date, DayFacts]:
        """What is there of these days, each with its fingerprint; damaged facts are not."""
        there = set(self._store.keys(self._prefix))
        keys = {day: self._key(day, fingerprint) for day, fingerprint in days.items()}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            read = pool.map(self._read, (key if key in there else "" for key in keys.values()))
            return {day: found for day, found in zip(keys, read, strict=True) if found}

    def fetch(self, facts: DayFacts) -> dict[str, Path] | None:
        """The files of a day's tables on this disk; None if one is missing or damaged."""
        if self._files.fetch(facts.tables):
            return None
        return {table.name: self._files.path(table.key) for table in facts.tables}

    def put_table(self, day: date, name: str, table: pa.Table) -> KeptTable:
        """Write a table of a day."""
        made = f"{datetime.now(UTC):{_FORMAT}}-{secrets.token_hex(4)}"
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", compression_level=1)
        key = f"{self._prefix}{day}/{made}-{name}.parquet"
        file = self._files.create(key, bytes(sink.getvalue()), len(table))
        return KeptTable(name=name, **file.model_dump())

    def put_facts(self, day: date, fingerprint: str, facts: DayFacts) -> None:
        """The day is kept: its tables are written."""
        key = self._key(day, fingerprint)
        try:
            self._store.create(key, facts.to_json())
        except AlreadyExists:
            try:
                self._store.replace(key, facts.to_json(), self._store.read(key).version)
            except (Conflict, NotFound):
                return  # another run keeps it at this moment: either's will do

    def remove_leftovers(
        self, days: Mapping[date, str], facts: Iterable[DayFacts], now: datetime | None = None
    ) -> None:
        """Remove what these days do not need: of days as they were, of runs that died, of old ways.

        Args:
            days: the archive's, each with its fingerprint.
            facts: of those that are kept.
            now: the present time (aware) if None.
        """
        now = now or datetime.now(UTC)
        needed = {table.key for one in facts for table in one.tables}
        self._files.forget(needed)
        needed |= {self._key(day, fingerprint) for day, fingerprint in days.items()}
        by_way: dict[str, list[str]] = {}
        for key in self._store.keys(PREFIX):
            by_way.setdefault(key.removeprefix(PREFIX).partition("/")[0], []).append(key)
        mine = self._prefix.removeprefix(PREFIX).rstrip("/")
        for way, keys in by_way.items():
            made = {key: _made_at(key) for key in keys}
            times = [time for time in made.values() if time]
            is_old_way = way != mine and all(now - time > _OTHER_WAYS for time in times)
            for key, time in made.items():
                # Facts that go while another run reads them let it count that day itself.
                is_left = way == mine and key not in needed and (not time or now - time > GRACE)
                if is_old_way or is_left:
                    self._store.remove(key)

    def _key(self, day: date, fingerprint: str) -> str:
        return f"{self._prefix}{day}/{fingerprint}/{_FACTS}"

    def _read(self, key: str) -> DayFacts | None:
        if not key:
            return None
        try:
            return DayFacts.from_json(self._store.read(key).data)
        except (NotFound, BrokenRelease):
            return None


def _made_at(key: str) -> datetime | None:
    """When a table was written; facts do not tell."""
    found = _MADE.search(key)
    return datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC) if found else None
