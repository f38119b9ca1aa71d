"""What the workers do: each task is a pure function of tables in the exchange."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import distributed
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from artifacts.layout import FEATURES, USER_ID
from artifacts.manifest import FileEntry
from artifacts.publish import add_file
from train.cluster.job import OF_READERS, Counted, Group, Job, Keys, Network
from train.cluster.parts import FeedPart
from train.export.tables import fixed_size, reader_files
from train.features.encoders import Encoders
from train.features.rows import FeatureRows, Features, feature_matrix, pairs, rows_to_serve
from train.features.schema import Schema
from train.features.steps import count_days, make_reader_rows
from train.inputs import model_inputs
from train.recipe import table_digest
from train.source.checks import clean_feed
from train.threads import one_for_blas
from train.warehouse import Warehouse


def count_part(job: Job, part: FeedPart, tables: Keys, sample: float) -> Counted:
    """Clean a part of the feed and count its days.

    Args:
        job: the run's.
        part: of whole days.
        tables: keys of `readers` and `post_vectors`.
        sample: at least the share of readers who will be learned from.
    """
    exchange = job.exchange
    with _warehouse(job) as warehouse:
        for name, keys in tables.items():
            exchange.load(warehouse, name, keys)
        warehouse.query("CREATE VIEW posts AS SELECT post_id FROM post_vectors")
        part.open(warehouse, job.timezone)
        clean_feed(warehouse, job.timezone, job.now)
        count_days(warehouse, sample)
        return Counted(
            warehouse.arrow("FROM feed_facts"),
            warehouse.arrow("FROM dropped_feed"),
            table_digest(warehouse, "feed"),
            {
                name: (exchange.put(warehouse.arrow(f"FROM {name}")),)
                for name in ("peer_daily", "post_band_daily")
            },
            tuple(
                {name: (_put_group(job, warehouse, name, group),) for name in OF_READERS}
                for group in range(job.groups)
            ),
        )


def make_group(job: Job, network: Network, tables: Keys) -> Group:
    """Make the rows of a group of readers.

    Args:
        job: the run's.
        network: what was made of all parts.
        tables: keys of the group's tables of OF_READERS, and of its `profiles`.
    """
    exchange = job.exchange
    with _warehouse(job) as warehouse:
        for name, keys in {**network.tables, **tables}.items():
            exchange.load(warehouse, name, keys)
        warehouse.query("CREATE VIEW post_rows AS FROM post_places")
        make_reader_rows(warehouse, network.first, network.last, network.sample)
        warehouse.run("pairs")
        served = rows_to_serve(warehouse, "reader", network.schema)
        return Group(
            exchange.put(pa.table({USER_ID: served.ids, FEATURES: fixed_size(served.features)})),
            warehouse.arrow("FROM reader_rows WHERE user_id IS NULL"),
            feature_matrix(
                warehouse.arrow("SELECT features FROM reader_rows ORDER BY row"),
                network.schema.reader,
            ),
            pairs(warehouse),
        )


def inputs_of(
    job: Job,
    group: Group,
    encoders: Encoders,
    unknown_reader: npt.NDArray[np.float32],
    posts: str,
) -> npt.NDArray[np.float32]:
    """What the trees see of a group's pairs: float32 [pairs, inputs].

    Args:
        job: the run's.
        group: the readers.
        encoders: of the features.
        unknown_reader: float32 [R], as of `Features`.
        posts: key of the rows that the pairs index.
    """
    rows = feature_matrix(job.exchange.get([posts]), encoders.schema.post)
    with one_for_blas():
        return model_inputs(Features(encoders, unknown_reader, group.readers, rows, group.pairs))


def write_shards(
    job: Job, group: int, release: str, *, served: str, likes: Sequence[str], schema: Schema
) -> list[FileEntry]:
    """Write a group's shards into the release.

    Args:
        job: the run's.
        group: its number.
        release: its id.
        served: key of the readers' rows.
        likes: keys of their `liked_daily`.
        schema: of the features.
    """
    exchange = job.exchange
    rows = exchange.get([served])
    readers = FeatureRows(rows[USER_ID].to_numpy(), feature_matrix(rows, schema.reader))
    with _warehouse(job) as warehouse:
        exchange.load(warehouse, "liked_daily", likes)
        return [
            add_file(exchange.store, release, path, data)
            for path, data in reader_files(warehouse, readers, job.shards, job.shards_of(group))
        ]


def _put_group(job: Job, warehouse: Warehouse, table: str, group: int) -> str:
    return job.exchange.put(
        warehouse.arrow(f"FROM {table} WHERE {job.group_of('user_id')} = {group}")
    )


@contextmanager
def _warehouse(job: Job) -> Iterator[Warehouse]:
    threads = distributed.get_worker().state.nthreads
    with tempfile.TemporaryDirectory("-lenta") as folder:
        warehouse = Warehouse(Path(folder), job.memory, threads)
        try:
            yield warehouse
        finally:
            warehouse.close()
