"""A ranker with a first stage is given the vectors of the posts."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from artifacts.errors import BrokenRelease
from artifacts.proofs import FirstStage, Recall
from handler.fetching import Fetching
from handler.recommender import Recommender
from handler.settings import Settings
from tests.handler import small

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
FOUND = Recall(limit=5, value=1.0, low=0.99, high=1.0, least=0.995, passed=True)
STAGE = FirstStage(
    used=True, anchors=2, dimensions=2, candidates=9, requests=1_000,
    recall=(FOUND,), recall_of_strange_readers=(),
)  # fmt: skip
BONUS = {post: float(post % 13) for post in small.POSTS}


def recommender(store: Path, vectors: pa.Array | None, stage: FirstStage | None) -> Recommender:
    columns = small.posts_columns()
    if vectors is not None:
        columns["vector"] = vectors
    changed = {"ranker.onnx": small.graph(RANKER), "posts.parquet": small.parquet(columns)}
    return put(store, changed, stage)


def put(store: Path, changed: dict[str, bytes], stage: FirstStage | None) -> Recommender:
    small.put(store, changed, stage=stage)
    fetching = Fetching(Settings(str(store)))
    return Recommender(fetching.fetch(fetching.arm()))


def test_they_are_given_post_by_post(tmp_path: Path) -> None:
    vectors = small.rows([(BONUS[post] + 1, 1) for post in small.POSTS], 2)
    found = recommender(tmp_path, vectors, STAGE)
    feed = found.recommend(user_id=1, time=0, limit=100)
    expected = [float(small.score(1, 0, post)) + BONUS[post] for post in small.POSTS]
    assert feed.scores.tolist() == [expected[row] for row in feed.rows]
    assert found.posts.vectors.flags.c_contiguous


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
    assert len(found.recommend(user_id=1, time=0, limit=5).rows) == 5
