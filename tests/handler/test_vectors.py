"""A ranker with a first stage is given the vectors of the posts."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from artifacts.errors import BrokenRelease
from artifacts.proofs import FirstStage, Recall
from handler.recommender import Recommender
from tests.handler import small
from tests.support.recommender import reader_of, served_from

# The small release's ranker, to whose scores a vector adds: its first number, less its second.
RANKER = small.RANKER.replace("int64[1] k\n)", "int64[1] k,\n    float[2, N] vectors\n)").replace(
    "margins = Cast <to = 11> (sums)",
    """first_vector, second_vector = Split <axis = 0, num_outputs = 2> (vectors)
    difference = Sub (first_vector, second_vector)
    differences = Squeeze (difference, first)
    of_eligible = Gather <axis = 0> (differences, eligible)
    with_vectors = Add (sums, of_eligible)
    margins = Cast <to = 11> (with_vectors)""",
)
# The same of vectors in blocks: a post's first number, and its last.
OF_BLOCKS = small.RANKER.replace(
    "int64[1] k\n)",
    """int64[1] k,
    float[B, 2, S] block_vectors, int64[B, S] block_rows, float[4, B] block_boxes\n)""",
).replace(
    "margins = Cast <to = 11> (sums)",
    """bonus_of_slots = ReduceSum <keepdims = 0> (block_vectors, second)
    flat = Constant <value_ints = [-1]> ()
    slots = Reshape (bonus_of_slots, flat)
    slot_rows = Reshape (block_rows, flat)
    none = ConstantOfShape (count)
    bonus = ScatterElements <reduction = "max"> (none, slot_rows, slots)
    of_eligible = Gather <axis = 0> (bonus, eligible)
    with_vectors = Add (sums, of_eligible)
    widest = ReduceMax <keepdims = 0> (block_boxes)
    with_boxes = Add (with_vectors, widest)
    margins = Cast <to = 11> (with_boxes)""",
)
FOUND = Recall(limit=5, value=1.0, low=0.99, high=1.0, least=0.995, passed=True)
STAGE = FirstStage(
    used=True, anchors=2, dimensions=2, candidates=9, requests=1_000,
    recall=(FOUND,), recall_of_strange_readers=(),
)  # fmt: skip
IN_BLOCKS = STAGE.model_copy(update={"blocks": 3, "probed": 1})
BONUS = {post: float(post % 13) for post in small.POSTS}


def recommender(store: Path, vectors: pa.Array | None, stage: FirstStage | None) -> Recommender:
    columns = small.posts_columns()
    if vectors is not None:
        columns["vector"] = vectors
    changed = {"ranker.onnx": small.graph(RANKER), "posts.parquet": small.parquet(columns)}
    return put(store, changed, stage)


def put(store: Path, changed: dict[str, bytes], stage: FirstStage | None) -> Recommender:
    small.put(store, changed, stage=stage)
    return served_from(store)


def test_they_are_given_post_by_post(tmp_path: Path) -> None:
    vectors = small.rows([(BONUS[post] + 1, 1) for post in small.POSTS], 2)
    found = recommender(tmp_path, vectors, STAGE)
    feed = found.recommend(reader_of(found, 1), time=0, limit=100)
    expected = [float(small.score(1, 0, post)) + BONUS[post] for post in small.POSTS]
    assert feed.scores.tolist() == [expected[row] for row in feed.rows]
    assert found.posts.first_stage["vectors"].flags.c_contiguous


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        (None, "posts.parquet has no column vector"),
        (small.rows([(1, 2, 3)] * len(small.POSTS), 3), "the column vector is lists of 3 float32"),
    ],
)
def test_a_release_without_them_is_refused(
    tmp_path: Path, vectors: pa.Array | None, said: str
) -> None:
    with pytest.raises(BrokenRelease, match=said):
        recommender(tmp_path, vectors, STAGE)


def test_a_ranker_that_wants_them_and_does_not_get_them_is_refused(tmp_path: Path) -> None:
    vectors = small.rows([(1, 1)] * len(small.POSTS), 2)
    with pytest.raises(BrokenRelease, match="vectors"):
        recommender(tmp_path, vectors, None)


def test_they_need_not_be_looked_at_where_every_post_is_scored(tmp_path: Path) -> None:
    columns = small.posts_columns() | {"vector": small.rows([(np.nan, 1)] * len(small.POSTS), 2)}
    unused = STAGE.model_copy(update={"used": False})
    found = put(tmp_path, {"posts.parquet": small.parquet(columns)}, unused)
    assert len(found.recommend(reader_of(found, 1), time=0, limit=5).rows) == 5


def in_blocks(store: Path, block: pa.Array | None) -> Recommender:
    columns = small.posts_columns()
    columns["vector"] = small.rows([(BONUS[post] - 1, 1) for post in small.POSTS], 2)
    if block is not None:
        columns["block"] = block
    changed = {"ranker.onnx": small.graph(OF_BLOCKS), "posts.parquet": small.parquet(columns)}
    return put(store, changed, IN_BLOCKS)


def test_they_are_given_block_by_block_where_the_first_stage_looks_into_blocks(
    tmp_path: Path,
) -> None:
    block = pa.array([row * 7 % 40 % 3 for row in range(len(small.POSTS))], pa.int32())
    found = in_blocks(tmp_path, block)
    feed = found.recommend(reader_of(found, 1), time=0, limit=100)
    widest = max(BONUS.values()) - 1
    expected = [float(small.score(1, 0, post)) + BONUS[post] + widest for post in small.POSTS]
    assert feed.scores.tolist() == [expected[row] for row in feed.rows]
    assert len({*feed.rows}) == len(small.POSTS) - len(small.liked(1)) + 1


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (None, "posts.parquet has no column block"),
        (pa.array([0] * len(small.POSTS)), "the column block is int64, but must be int32"),
        (pa.array([0, *[1] * (len(small.POSTS) - 1)], pa.int32()), "no blocks of equal size"),
    ],
)
def test_a_release_without_blocks_for_a_first_stage_that_looks_into_them_is_refused(
    tmp_path: Path, block: pa.Array | None, said: str
) -> None:
    with pytest.raises(BrokenRelease, match=said):
        in_blocks(tmp_path, block)
