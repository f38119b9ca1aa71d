"""The statistics of days in the archive's store: for each day its tables, and last its facts."""

import hashlib
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from artifacts.errors import AlreadyExists, BrokenRelease, Conflict, NotFound
from artifacts.stores import ObjectStore
from train.statistics.facts import DayFacts, KeptTable

PREFIX = "statistics/"
_FACTS = "facts.json"
_AT_ONCE = 4
_FORMAT = "%Y%m%dT%H%M%SZ"


class Kept:
    """Statistics that were counted in one way.

    Args:
        store: the archive's.
        way: digest of the program and of what it was told: other ways give other numbers.
    """

    def __init__(self, store: ObjectStore, way: str) -> None:
        self._store = store
        self._prefix = f"{PREFIX}{way[:16]}/"

    def facts(self, days: Mapping[date, str]) -> dict[date, DayFacts]:
        """What is there of these days, each with its fingerprint; damaged facts are not."""
        there = set(self._store.keys(self._prefix))
        keys = {day: self._key(day, fingerprint) for day, fingerprint in days.items()}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            read = pool.map(self._read, (key if key in there else "" for key in keys.values()))
            return {day: found for day, found in zip(keys, read, strict=True) if found}

    def fetch(self, facts: DayFacts, folder: Path) -> dict[str, Path] | None:
        """The files of a day's tables on this disk; None if one is missing or damaged."""
        found = {table.name: self._fetch(table, folder) for table in facts.tables}
        whole = {name: path for name, path in found.items() if path}
        return whole if len(whole) == len(found) else None

    def put_table(self, day: date, name: str, table: pa.Table) -> KeptTable:
        """Write a table of a day."""
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", compression_level=1)
        data = bytes(sink.getvalue())
        made = f"{datetime.now(UTC):{_FORMAT}}-{secrets.token_hex(4)}"
        key = f"{self._prefix}{day}/{made}-{name}.parquet"
        self._store.create(key, data)
        digest = hashlib.sha256(data).hexdigest()
        return KeptTable(name=name, key=key, sha256=digest, size=len(data), rows=len(table))

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

    def _key(self, day: date, fingerprint: str) -> str:
        return f"{self._prefix}{day}/{fingerprint}/{_FACTS}"

    def _read(self, key: str) -> DayFacts | None:
        if not key:
            return None
        try:
            return DayFacts.from_json(self._store.read(key).data)
        except (NotFound, BrokenRelease):
            return None

    def _fetch(self, table: KeptTable, folder: Path) -> Path | None:
        try:
            data = self._store.read(table.key).data
        except NotFound:
            return None
        if len(data) != table.size or hashlib.sha256(data).hexdigest() != table.sha256:
            return None
        path = folder / table.key.replace("/", "-")
        path.write_bytes(data)
        return path
