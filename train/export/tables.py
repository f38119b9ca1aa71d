"""The tables of a release: posts and shards of readers, as Parquet."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artifacts import layout
from train.features.rows import FeatureRows
from train.warehouse import Warehouse


def posts_file(
    warehouse: Warehouse,
    rows: FeatureRows,
    vectors: npt.NDArray[np.float32] | None,
    blocks: npt.NDArray[np.int32] | None,
) -> bytes:
    """`posts.parquet`: every post with its text, topic and features, in the order of `rows`.

    Args:
        warehouse: has `posts` and `post_history`.
        rows: the posts.
        vectors: float32 [D, N], by which the first stage finds them, if there is one.
        blocks: int32 [N], the block in which it finds each, if it looks into blocks.
    """
    posts = warehouse.arrow(
        """
        SELECT post_id, text, topic, coalesce(max(views), 0) AS views
        FROM posts LEFT JOIN post_history USING (post_id)
        GROUP BY ALL ORDER BY post_id
        """
    )
    posts = posts.take(np.argsort(np.argsort(rows.ids)))
    table = pa.table(
        {
            layout.POST_ID: posts["post_id"],
            layout.TEXT: posts["text"],
            layout.TOPIC: posts["topic"],
            layout.FEATURES: fixed_size(rows.features),
            layout.FRESH: pc.less(posts["views"], layout.FRESH_VIEWS),
        }
    )
    if vectors is not None:
        table = table.append_column(layout.VECTOR, fixed_size(vectors.T))
    if blocks is not None:
        table = table.append_column(layout.BLOCK, pa.array(blocks))
    return _parquet(table)


def reader_files(
    warehouse: Warehouse, rows: FeatureRows, shards: int, wanted: Sequence[int] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each shard of readers: their features and what they have liked.

    Args:
        warehouse: has `liked_daily`.
        rows: the known readers, by ascending id.
        shards: how many files they are spread over.
        wanted: which of them; all by default.
    """
    warehouse.run("likes", shards=shards)
    shard_of = np.array([layout.shard_of(int(user_id), shards) for user_id in rows.ids], np.int64)
    for shard in range(shards) if wanted is None else wanted:
        here = shard_of == shard
        table = pa.table(
            {
                layout.USER_ID: rows.ids[here],
                layout.FEATURES: fixed_size(rows.features[here]),
                layout.LIKED: _liked(warehouse, shard, rows.ids[here]),
            }
        )
        yield layout.users_file(shard), _parquet(table)


def _liked(warehouse: Warehouse, shard: int, readers: npt.NDArray[np.int64]) -> pa.Array:
    warehouse.set(shard=shard)
    warehouse.register("shard_readers", pa.table({"user_id": readers}))
    return (
        warehouse.arrow(
            """
            SELECT coalesce(liked, []) AS liked
            FROM shard_readers
            LEFT JOIN (FROM reader_likes WHERE shard = getvariable('shard')) USING (user_id)
            ORDER BY user_id
            """
        )["liked"]
        .combine_chunks()
        .cast(pa.list_(pa.int64()))
    )


def fixed_size(features: npt.NDArray[np.float32]) -> pa.Array:
    """Lists of the rows of float32 [rows, columns]."""
    return pa.FixedSizeListArray.from_arrays(pa.array(features.ravel()), features.shape[1])


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    # One row group: a file is read whole. Feature values hardly repeat, so a dictionary costs time
    # and saves nothing.
    pq.write_table(
        table,
        sink,
        compression="zstd",
        row_group_size=max(1, len(table)),
        use_dictionary=[layout.TOPIC],
    )
    return bytes(sink.getvalue())
