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

_TEXTS = """
SELECT post_id, text FROM served_posts JOIN posts USING (post_id) ORDER BY place
"""


def post_files(
    warehouse: Warehouse,
    rows: FeatureRows,
    vectors: npt.NDArray[np.float32] | None,
    blocks: npt.NDArray[np.int32] | None,
    texts_inside: int = layout.TEXTS_INSIDE,
) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of `posts.parquet`, and before it of the texts that it does not hold.

    No two files are held at once, nor all texts where they do not lie in `posts.parquet`.

    Args:
        warehouse: has `posts` and `post_history`.
        rows: the posts, in the order in which they will be served.
        vectors: float32 [D, N], by which the first stage finds them, if there is one.
        blocks: int32 [N], the block in which it finds each, if it looks into blocks.
        texts_inside: bytes of all texts up to which they lie in `posts.parquet`.
    """
    places = pa.array(np.arange(len(rows.ids)))
    warehouse.register("served_posts", pa.table({"post_id": rows.ids, "place": places}))
    posts = warehouse.arrow(
        """
        SELECT topic, coalesce(views, 0) AS views, strlen(text) AS bytes
        FROM served_posts JOIN posts USING (post_id)
        LEFT JOIN (SELECT post_id, max(views) AS views FROM post_history GROUP BY ALL)
        USING (post_id) ORDER BY place
        """
    )
    sizes = posts["bytes"].to_numpy().astype(np.int64)
    table = pa.table({layout.POST_ID: rows.ids})
    if sizes.sum() <= texts_inside:
        table = table.append_column(layout.TEXT, warehouse.arrow(_TEXTS)[layout.TEXT])
    else:
        _, files = np.unique(
            (sizes.cumsum() - sizes) // layout.TEXT_FILE_BYTES, return_inverse=True
        )
        table = table.append_column(layout.TEXT_FILE, pa.array(files.astype(np.int32)))
        yield from _text_files(warehouse, np.bincount(files).tolist())
    table = table.append_column(layout.TOPIC, posts["topic"])
    table = table.append_column(layout.FEATURES, fixed_size(rows.features))
    table = table.append_column(layout.FRESH, pc.less(posts["views"], layout.FRESH_VIEWS))
    if vectors is not None:
        table = table.append_column(layout.VECTOR, fixed_size(vectors.T))
    if blocks is not None:
        table = table.append_column(layout.BLOCK, pa.array(blocks))
    yield layout.POSTS, to_parquet(table)


def _text_files(warehouse: Warehouse, counts: list[int]) -> Iterator[tuple[str, bytes]]:
    batches = warehouse.stream(_TEXTS)
    waiting = pa.table(
        {layout.POST_ID: pa.array([], pa.int64()), layout.TEXT: pa.array([], pa.string())}
    )
    for number, count in enumerate(counts):
        while len(waiting) < count:
            waiting = pa.concat_tables([waiting, pa.Table.from_batches([next(batches)])])
        yield layout.texts_file(number), to_parquet(waiting[:count].combine_chunks())
        waiting = waiting[count:]


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
        ordered = table.replace_schema_metadata({layout.LIKED: layout.NEWEST_FIRST})
        yield layout.users_file(shard), to_parquet(ordered)


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


def to_parquet(table: pa.Table) -> bytes:
    """A file of the release."""
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
