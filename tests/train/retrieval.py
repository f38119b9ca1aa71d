"""Readers, posts and a model with which a first stage can be tried in seconds."""

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import onnx

from artifacts import layout
from train.export.graph import inputs_graph, ranker_graph
from train.export.session import session
from train.features.schema import schema_for
from train.retrieval.model import Retrieval
from train.retrieval.requests import Answer, ranker

SCHEMA = schema_for(["movie", "sport", "tech"])
READERS, POSTS = 400, 2_100
MONDAY = 1_633_305_600  # 2021-10-04
SEED = 5
Floats = npt.NDArray[np.float32]
Inputs = dict[str, npt.NDArray[np.generic]]

GENERATOR = np.random.default_rng(SEED)
ROWS = GENERATOR.uniform(0.05, 0.3, (READERS, len(SCHEMA.reader))).astype(np.float32)
CATALOGUE = GENERATOR.normal(size=(POSTS, len(SCHEMA.post))).astype(np.float32)
CATALOGUE[:, 0] = GENERATOR.integers(0, 3, POSTS)
UNKNOWN = GENERATOR.uniform(0.1, 0.2, len(SCHEMA.reader)).astype(np.float32)


def booster(*, noise: float, rounds: int = 20) -> lgb.Booster:
    """Trained on likes that follow taste and text, with that much noise."""
    count = 20_000
    inputs = session(inputs_graph(SCHEMA, UNKNOWN)).run(
        ["inputs"],
        {
            layout.INPUT_READER: ROWS[GENERATOR.integers(READERS, size=count)],
            layout.INPUT_POSTS: CATALOGUE[GENERATOR.integers(POSTS, size=count)],
            layout.INPUT_TIME: MONDAY + GENERATOR.integers(7 * 86_400, size=count),
        },
    )[0]
    affinity = inputs[:, SCHEMA.model.index("text_affinity")]
    appeal = inputs[:, SCHEMA.model.index("post_like_rate")]
    liked = affinity + appeal + GENERATOR.normal(0, noise, count) > 1
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 2, "num_leaves": 15}
    return lgb.train(parameters, lgb.Dataset(inputs, liked), rounds)


BOOSTER = booster(noise=0.5)


def graph(retrieval: Retrieval | None) -> onnx.ModelProto:
    return ranker_graph(SCHEMA, UNKNOWN, CATALOGUE[0], BOOSTER, retrieval)


FULL = ranker(graph(None), CATALOGUE)
NOTHING = np.empty(0, np.int64)


def assert_named_posts_are_scored(model: onnx.ModelProto, first_stage: Inputs) -> None:
    """Every seventh post is named, and the first ten of those are left out."""
    named = np.arange(0, POSTS, 7)
    rows, scores = session(model).run(
        layout.RANKER_OUTPUTS,
        {
            layout.INPUT_READER: ROWS[:1],
            layout.INPUT_POSTS: CATALOGUE,
            layout.INPUT_TIME: np.array([MONDAY]),
            layout.INPUT_CANDIDATES: named,
            layout.INPUT_LEAVE_OUT: named[:10],
            layout.INPUT_K: np.array([POSTS]),
            **first_stage,
        },
    )
    truth = FULL(ROWS[0], MONDAY, POSTS, NOTHING)
    wanted = np.isin(truth.rows, named[10:])
    assert_same(Answer(rows, scores), Answer(truth.rows[wanted], truth.scores[wanted]))


def assert_same(answer: Answer, truth: Answer) -> None:
    assert np.array_equal(answer.rows, truth.rows)
    assert np.array_equal(answer.scores, truth.scores)
