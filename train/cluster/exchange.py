"""Tables on their way between the driver and the workers: Arrow's stream format in a store."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from pyarrow import ipc

from artifacts.stores import ObjectStore
from train.warehouse import Warehouse

PREFIX = "exchange/"
_FORGOTTEN_AFTER = timedelta(days=2)
"""No run takes as long: what is older was left by one that died."""


class Exchange:
    """The tables of one run.

    A key is never written twice: a task that is done again, since its worker died, gives new ones.

    Args:
        store: that of the release; all workers must reach it.
        run: the run's own prefix.
    """

    def __init__(self, store: ObjectStore, run: str) -> None:
        self.store, self.run = store, run

    def put(self, table: pa.Table) -> str:
        """Keep a table; its key is returned."""
        sink = pa.BufferOutputStream()
        # Read once and removed: Parquet would take a third fewer bytes, and four times as long.
        with ipc.new_stream(
            sink, table.schema, options=ipc.IpcWriteOptions(compression="lz4")
        ) as stream:
            stream.write_table(table)
        key = f"{self.run}{secrets.token_hex(8)}.arrow"
        self.store.create(key, bytes(sink.getvalue()))
        return key

    def get(self, keys: Sequence[str]) -> pa.Table:
        """The rows of all these tables, which have the same columns."""
        return pa.concat_tables(
            ipc.open_stream(self.store.read(key).data).read_all() for key in keys
        )

    def load(self, warehouse: Warehouse, name: str, keys: Sequence[str]) -> None:
        """Make a warehouse's table of them, one after the other."""
        first, *others = keys
        warehouse.register(name, self.get([first]))
        for key in others:
            warehouse.append(name, self.get([key]))

    def clear(self) -> None:
        """Remove all tables of the run."""
        for key in list(self.store.keys(self.run)):
            self.store.remove(key)


def new_run(now: datetime | None = None) -> str:
    """A prefix for a run that begins now."""
    return f"{PREFIX}{(now or datetime.now(UTC)):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}/"


def remove_forgotten(store: ObjectStore, now: datetime | None = None) -> None:
    """Remove what runs that died have left."""
    oldest = new_run((now or datetime.now(UTC)) - _FORGOTTEN_AFTER)
    for key in list(store.keys(PREFIX)):
        if key < oldest:
            store.remove(key)
