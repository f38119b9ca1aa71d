"""What passes between the driver and its workers besides tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from artifacts.stores import open_store
from train.cluster.exchange import Exchange
from train.features.schema import Schema
from train.recipe import Digest

Keys = Mapping[str, tuple[str, ...]]
"""The keys of each table in the exchange."""

OF_READERS = ("reader_daily", "shown", "liked_daily")
"""Tables that are kept by groups of readers; the others of `daily.sql` are small."""


@dataclass(frozen=True)
class Job:
    """What all tasks of a run share.

    Attributes:
        store: its address.
        run: of the exchange.
        memory: the most that DuckDB may take in a task.
        timezone: the network's clock.
        now: when the run began.
        shards: of the release.
        groups: of readers; a group holds whole shards.
    """

    store: str
    run: str
    memory: str
    timezone: str
    now: datetime
    shards: int
    groups: int

    @property
    def exchange(self) -> Exchange:
        """The tables of the run."""
        return Exchange(open_store(self.store), self.run)

    def group_of(self, user_id: str) -> str:
        """SQL: the group of a reader."""
        return f"({user_id} % {self.shards}) % {self.groups}"

    def shards_of(self, group: int) -> Sequence[int]:
        """The shards of a group."""
        return range(group, self.shards, self.groups)


@dataclass(frozen=True)
class Counted:
    """What was counted in a part of the feed.

    Attributes:
        facts: one row of `feed_facts`.
        dropped: of `dropped_feed`.
        digest: of the part's `feed`.
        small: keys of the tables that the driver needs whole.
        of_group: for each group, those of OF_READERS.
    """

    facts: pa.Table
    dropped: pa.Table
    digest: Digest
    small: Keys
    of_group: tuple[Keys, ...]


@dataclass(frozen=True)
class Network:
    """What is known of all readers together, and which days and readers count.

    Attributes:
        tables: keys of `peer_rates` and `post_places`; of each group's `profiles`.
        first: the first day with a view.
        last: the last one.
        sample: the share of readers to learn from.
        schema: of the features.
    """

    tables: Keys
    first: date
    last: date
    sample: float
    schema: Schema


@dataclass(frozen=True)
class Group:
    """What a group of readers gives.

    Attributes:
        served: key of their rows as they are served.
        unknown: the row of the unknown reader.
        readers: float32 [·, R], all their rows; `pairs` index them.
        pairs: as of `Features`.
    """

    served: str
    unknown: pa.Table
    readers: npt.NDArray[np.float32]
    pairs: dict[str, npt.NDArray[Any]]
