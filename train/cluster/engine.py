"""The heavy steps of a run, by the workers of a Dask cluster.

The feed is counted in parts of whole days; what readers have done is then put together by groups of
readers. What all readers have done together is small: it comes to the driver, and goes to all.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import add

import numpy as np
import pyarrow as pa
from distributed import Client, as_completed

from artifacts.layout import USER_ID, shards_for
from artifacts.manifest import Dropped, FileEntry
from artifacts.stores import ObjectStore
from train.cluster.client import connect
from train.cluster.exchange import Exchange, new_run, remove_forgotten
from train.cluster.fitter import ClusterFitter
from train.cluster.job import OF_READERS, Counted, Group, Job, Network
from train.cluster.parts import days_of_feed, parts_of
from train.cluster.tasks import count_part, make_group, write_shards
from train.engine import Built
from train.features.build import days_of, most_of_sample, sample_of
from train.features.encoders import Encoders, fit_encoders
from train.features.rows import (
    PAIRS_ORDER,
    FeatureRows,
    Features,
    feature_matrix,
    rows_to_serve,
    unknown_reader,
)
from train.features.steps import make_network, store_encoded
from train.learn import Learned, learn
from train.progress import Progress
from train.recipe import table_digest, tables_digest_of
from train.settings import RunSettings
from train.source.checks import check_clean, clean_profiles
from train.source.load import network_now, read_tables
from train.split import Split
from train.warehouse import Warehouse

PARTS_PER_WORKER = 4
"""Days differ, and a worker may be slow or die: the others then take over small pieces."""
GROUPS_PER_WORKER = 2


@contextmanager
def open_cluster(
    warehouse: Warehouse, settings: RunSettings, store: ObjectStore
) -> Iterator["Cluster"]:
    """Connect to the cluster, and remove from the store what the run has exchanged in the end.

    Raises:
        ClusterError: nobody answers at the address, or it is none.
    """
    remove_forgotten(store)
    exchange = Exchange(store, new_run())
    with connect(settings.cluster or "") as client:
        try:
            yield Cluster(client, warehouse, settings, exchange)
        finally:
            exchange.clear()


class Cluster:
    """The steps, in order.

    Args:
        client: of the cluster.
        warehouse: the driver's; it gets all but what single readers have done.
        settings: the run's.
        exchange: takes the tables on their way.
    """

    def __init__(
        self, client: Client, warehouse: Warehouse, settings: RunSettings, exchange: Exchange
    ) -> None:
        self._client, self._warehouse = client, warehouse
        self._settings, self._exchange = settings, exchange
        self._workers = len(client.scheduler_info()["workers"])

    def load(self, progress: Progress) -> tuple[tuple[Dropped, ...], str]:
        """Read the tables and check them, the feed by parts, whose days are counted at once."""
        settings, warehouse = self._settings, self._warehouse
        with progress.stage("reading the tables"):
            read_tables(warehouse, settings, progress)
        with progress.stage("checking the tables and counting the days"):
            clean_profiles(warehouse, settings.names)
            self._encoders = fit_encoders(warehouse, settings.seed)
            store_encoded(warehouse, self._encoders)
            readers = warehouse.query("SELECT count(*) FROM readers")[0][0]
            shards = shards_for(readers)
            self._job = Job(
                settings.store, self._exchange.run, settings.memory, settings.timezone,
                network_now(settings.timezone),
                shards, min(shards, GROUPS_PER_WORKER * self._workers),
            )  # fmt: skip
            self._counted = self._count(progress)
            dropped = check_clean(warehouse, settings.names)
        digests = {table: table_digest(warehouse, table) for table in ("readers", "posts")}
        digests["feed"] = reduce(add, (counted.digest for counted in self._counted))
        return dropped, tables_digest_of(digests)

    def build(self) -> Built:
        """Put together what was counted, and make the rows of each group of readers."""
        warehouse, settings = self._warehouse, self._settings
        first, last = days_of(warehouse)
        sample = min(self._sample, sample_of(warehouse, settings.most_pairs))
        for table in ("peer_daily", "post_band_daily"):
            self._exchange.load(warehouse, table, [c.small[table][0] for c in self._counted])
        self._exchange.load(warehouse, "shown", self._keys("shown", range(self._job.groups)))
        make_network(warehouse, self._encoders, first, last, sample)
        network = Network(
            {
                "peer_rates": (self._put("FROM peer_rates"),),
                "post_places": (self._put("SELECT row, post_id, as_of FROM post_rows"),),
            },
            first, last, sample, self._encoders.schema,
        )  # fmt: skip
        self._groups = [
            self._client.submit(make_group, self._job, network, self._tables_of(group))
            for group in range(self._job.groups)
        ]
        groups: list[Group] = self._client.gather(self._groups)
        self._served = [group.served for group in groups]
        warehouse.register("reader_rows", groups[0].unknown)
        # Readers are grouped by their ids, so one group is a sample of them.
        self._exchange.load(warehouse, "liked_daily", self._keys("liked_daily", [0]))
        return Built(
            self._features(groups, self._encoders),
            _rows(self._exchange.get(self._served[:1]), self._encoders),
            rows_to_serve(warehouse, "post", self._encoders.schema),
            self._job.shards,
        )

    def learn(self, features: Features, split: Split) -> Learned:
        """Fit on the workers."""
        fitter = ClusterFitter.of(
            self._client,
            self._job,
            self._groups,
            features,
            order=self._order,
            seed=self._settings.seed,
        )
        return learn(features, split, fitter, self._settings.seed)

    def write_readers(self, store: ObjectStore, release: str) -> Iterable[FileEntry]:  # noqa: ARG002 - the workers open it themselves
        """Have each group's shards written by a worker."""
        written = [
            self._client.submit(
                write_shards,
                self._job,
                group,
                release,
                served=served,
                likes=self._keys("liked_daily", [group]),
                schema=self._encoders.schema,
            )
            for group, served in enumerate(self._served)
        ]
        return [entry for entries in self._client.gather(written) for entry in entries]

    def _count(self, progress: Progress) -> list[Counted]:
        """Count all parts of the feed, and add up their facts in the driver's warehouse."""
        warehouse = self._warehouse
        archive = self._settings.archive
        days = days_of_feed(warehouse, self._settings.timezone, archive)
        self._sample = most_of_sample(warehouse, self._settings.most_pairs)
        tables = {
            "readers": (self._put("FROM readers"),),
            "post_vectors": (self._put("FROM post_vectors"),),
        }
        elsewhere = archive if archive and "://" in archive else None
        parts = list(parts_of(days, PARTS_PER_WORKER * self._workers, elsewhere))
        futures = [
            self._client.submit(count_part, self._job, part, tables, self._sample) for part in parts
        ]
        rows, done = {f.key: part.rows for f, part in zip(futures, parts, strict=True)}, 0
        for future in as_completed(futures):
            done += rows[future.key]
            progress.rows(done, sum(rows.values()))
        counted: list[Counted] = self._client.gather(futures)
        warehouse.register("facts_of_parts", pa.concat_tables(part.facts for part in counted))
        warehouse.register("dropped_of_parts", pa.concat_tables(part.dropped for part in counted))
        warehouse.run("add_parts")
        return counted

    def _keys(self, table: str, groups: Iterable[int]) -> list[str]:
        return [key for c in self._counted for group in groups for key in c.of_group[group][table]]

    def _tables_of(self, group: int) -> dict[str, tuple[str, ...]]:
        chosen = f"{self._job.group_of('user_id')} = {group}"
        return {
            **{table: tuple(self._keys(table, [group])) for table in OF_READERS},
            "profiles": (self._put(f"FROM profiles WHERE {chosen}"),),
        }

    def _put(self, sql: str) -> str:
        return self._exchange.put(self._warehouse.arrow(sql))

    def _features(self, groups: list[Group], encoders: Encoders) -> Features:
        """Those of all groups, in the order that one machine would give them."""
        begins = np.cumsum([0, *(len(group.readers) for group in groups)])
        for group, begin in zip(groups, begins, strict=False):
            group.pairs["reader_row"] = group.pairs["reader_row"] + begin
        pairs = {
            name: np.concatenate([group.pairs[name] for group in groups])
            for name in groups[0].pairs
        }
        self._order = np.lexsort([pairs[name] for name in reversed(PAIRS_ORDER)])
        posts = self._warehouse.arrow("SELECT features FROM post_rows ORDER BY row")
        return Features(
            encoders,
            unknown_reader(self._warehouse, encoders.schema),
            np.concatenate([group.readers for group in groups]),
            feature_matrix(posts, encoders.schema.post),
            {name: column[self._order] for name, column in pairs.items()},
        )


def _rows(table: pa.Table, encoders: Encoders) -> FeatureRows:
    return FeatureRows(table[USER_ID].to_numpy(), feature_matrix(table, encoders.schema.reader))
