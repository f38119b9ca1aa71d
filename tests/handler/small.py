"""A release whose every score can be told by hand, made from the format's description alone.

A reader has one feature, a post two, and the score is

    fondness of the reader * quality of the post + hour of the day * lateness of the post

where an unknown reader's fondness is 0. Unlike a small trained model it heeds the hour. The reasons
raise a score by these numbers, out of which it is not made:

    topic: quality of the post, text: 4, peers: lateness of the post, popular: .01, new: 2
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx.parser
import pyarrow as pa
import pyarrow.parquet as pq

from artifacts.manifest import Features, Manifest
from artifacts.moves import promote
from artifacts.proofs import FirstStage
from artifacts.publish import publish
from artifacts.stores import open_store
from tests.artifacts.examples import draft

POSTS = sorted(range(10, 130, 3), key=lambda post: post * 37 % 101)
"""In the order of the rows, which is not that of the ids."""
SHARDS = 6
READERS = list(range(-6, 24))
LIKED_EVERYTHING = 3
NEWCOMERS = {("old", "A"): 3.0, ("young", "A"): 1.0, ("young", "B"): -1.0}
"""Age and place of readers who may come → their fondness; in a release only where it is told so."""
FORGOTTEN = 999_999
"""A post that readers have liked and the catalogue no longer holds."""

RANKER = """
<ir_version: 10, opset_import: ["": 21]>
ranker (
    float[1, 1] reader, float[N, 2] posts, int64[1] time,
    int64[C] candidates, int64[E] leave_out, bool[1] explain = {0}, int64[1] k
) => (int64[best] rows, double[best] scores, double[without] scores_without)
<int64 zero = {0}, int64 one = {1}, int64[1] first = {0}, int64[1] second = {1},
 int64[1] day = {86400}, int64[1] hour = {3600}, float unknown = {0},
 float[2, 5] raising = {1, 0, 0, 0, 0, 0, 0, 1, 0, 0},
 float[5] raising_all = {0, 4, 0, 0.01, 2}, int64[1] flat = {-1}>
{
    count = Shape <start = 0, end = 1> (posts)
    catalogue = Squeeze (count)
    asked = Size (candidates)
    rank_all = Equal (asked, zero)
    all_or_none = Cast <to = 7> (rank_all)
    end = Mul (catalogue, all_or_none)
    all = Range (zero, end, one)
    asked_rows = Concat <axis = 0> (candidates, all)
    asked_column = Unsqueeze (asked_rows, second)
    equal = Equal (asked_column, leave_out)
    equal_number = Cast <to = 7> (equal)
    times_left_out = ReduceSum <keepdims = 0> (equal_number, second)
    is_eligible = Equal (times_left_out, zero)
    eligible = Compress <axis = 0> (asked_rows, is_eligible)

    of_posts = Gather (posts, eligible)
    is_unknown = IsNaN (reader)
    fondness = Where (is_unknown, unknown, reader)
    second_of_day = Mod (time, day)
    hour_of_day = Div (second_of_day, hour)
    hour_number = Cast <to = 1> (hour_of_day)
    hour_column = Unsqueeze (hour_number, first)
    weights = Concat <axis = 1> (fondness, hour_column)
    weighted = Mul (of_posts, weights)
    sums = ReduceSum <keepdims = 0> (weighted, second)
    margins = Cast <to = 11> (sums)

    eligible_count = Shape (eligible)
    limit = Min (k, eligible_count)
    scores, best = TopK <axis = 0> (margins, limit)
    rows = Gather (eligible, best)

    raised_by_post = MatMul (of_posts, raising)
    raised = Add (raised_by_post, raising_all)
    raised_by_reason = Transpose (raised)
    raised_number = Cast <to = 11> (raised_by_reason)
    without_each = Sub (margins, raised_number)
    without_flat = Reshape (without_each, flat)
    number = Shape (without_flat)
    yes_or_no = Cast <to = 7> (explain)
    number_if_asked = Mul (number, yes_or_no)
    scores_without = Slice (without_flat, first, number_if_asked)
}
"""


def quality(post: int) -> int:
    return post * 7 % 11


def lateness(post: int) -> int:
    return post * 5 % 3 - 1


def fondness(reader: int) -> int:
    return reader % 5 - 1 if reader in READERS else 0


def liked(reader: int) -> list[int]:
    if reader == LIKED_EVERYTHING:
        return [*POSTS, FORGOTTEN]
    return [POSTS[abs(reader)], POSTS[abs(reader) + 2], FORGOTTEN] if reader in READERS else []


def score(reader: int, hour: int, post: int) -> int:
    return fondness(reader) * quality(post) + hour * lateness(post)


def feed(reader: int, hour: int, exclude: Sequence[int] = ()) -> list[int]:
    """All posts that may be recommended, best first; equal ones in the order of the rows."""
    left_out = {*liked(reader), *exclude}
    eligible = [post for post in POSTS if post not in left_out]
    return sorted(eligible, key=lambda post: -score(reader, hour, post))


def parquet(columns: Mapping[str, pa.Array], **metadata: str) -> bytes:
    buffer = BytesIO()
    pq.write_table(pa.table(dict(columns), metadata=metadata or None), buffer)
    return buffer.getvalue()


def rows(features: Sequence[Sequence[float]], width: int) -> pa.Array:
    values = pa.array(np.array(features, np.float32).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(values, width)


def posts_columns() -> dict[str, pa.Array]:
    return {
        "post_id": pa.array(POSTS, pa.int64()),
        "text": pa.array([f"Пост № {post}" for post in POSTS]),
        "topic": pa.array([("sport", "tech")[post % 2] for post in POSTS]),
        "features": rows([(quality(post), lateness(post)) for post in POSTS], 2),
    }


def readers_columns(shard: int) -> dict[str, pa.Array]:
    readers = [reader for reader in READERS if reader % SHARDS == shard]
    return {
        "user_id": pa.array(readers, pa.int64()),
        "features": rows([[fondness(reader)] for reader in readers], 1),
        "liked": pa.array([liked(reader) for reader in readers], pa.list_(pa.int64())),
    }


def newcomers_columns() -> dict[str, pa.Array]:
    ages, places = zip(*NEWCOMERS, strict=True)
    return {
        "age": pa.array(ages),
        "place": pa.array(places),
        "features": rows([[fond] for fond in NEWCOMERS.values()], 1),
    }


def graph(text: str = RANKER) -> bytes:
    return bytes(onnx.parser.parse_model(text).SerializeToString())


def put(
    store: Path,
    changed: Mapping[str, bytes] | None = None,
    zone: str = "UTC",
    stage: FirstStage | None = None,
) -> Manifest:
    """Publish and promote the release, some of its files, its clock or its ranker being others."""
    files = {
        "ranker.onnx": graph(),
        "posts.parquet": parquet(posts_columns()),
        **{
            f"users/{shard:05d}.parquet": parquet(readers_columns(shard)) for shard in range(SHARDS)
        },
        **(changed or {}),
    }
    features = Features(
        topics=(), reader=("fondness",), post=("quality", "lateness"), model=("score",)
    )
    described = draft().model_copy(
        update={
            "timezone": zone,
            "features": features,
            "user_shards": SHARDS,
            "first_stage": stage,
        }
    )
    opened = open_store(str(store))
    manifest = publish(opened, described, files.items())
    promote(opened, manifest.release)
    return manifest
