"""One graph answers one request: the inputs of the trees, the trees, what is left out, the best."""

from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import onnx
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import numpy_helper

from artifacts import layout
from artifacts.proofs import Exactness
from tests.train.network import (
    NOON,
    POSTS,
    READERS,
    SCHEMA,
    Floats,
    network,
    plain_inputs,
    trained,
)
from train.export import exactness
from train.export.graph import inputs_graph, ranker_graph, trees_graph
from train.export.session import session
from train.features.encoders import Encoders
from train.features.rows import Features
from train.features.text import fit_text
from train.retrieval.requests import ranker

BOOSTER, ROWS, CATALOGUE, UNKNOWN = trained()
TYPICAL = np.median(CATALOGUE, axis=0)
ENCODERS = Encoders(SCHEMA.topics, fit_text([], seed=1), pa.table({}))
RANKER = session(ranker_graph(SCHEMA, UNKNOWN, TYPICAL, BOOSTER))


def ask(
    reader: Floats,
    candidates: Any = (),
    leave_out: Any = (),
    k: int = 5,
) -> tuple[list[int], list[float]]:
    rows, scores = RANKER.run(
        layout.RANKER_OUTPUTS,
        {
            layout.INPUT_READER: reader[np.newaxis],
            layout.INPUT_POSTS: CATALOGUE,
            layout.INPUT_TIME: np.array([NOON]),
            layout.INPUT_CANDIDATES: np.array(candidates, np.int64),
            layout.INPUT_LEAVE_OUT: np.array(leave_out, np.int64),
            layout.INPUT_K: np.array([k]),
        },
    )
    return rows.tolist(), scores.tolist()


def full_scores(reader: Floats) -> npt.NDArray[np.float64]:
    return np.asarray(BOOSTER.predict(plain_inputs(reader, CATALOGUE, NOON), raw_score=True))


@settings(max_examples=60)
@given(st.integers(0, READERS - 1), st.integers(0, 2**33))
def test_the_trees_get_what_the_schema_says(reader: int, time: int) -> None:
    _, posts, unknown = network()
    graph = session(inputs_graph(SCHEMA, unknown))
    found = graph.run(
        None,
        {
            layout.INPUT_READER: np.repeat(ROWS[reader : reader + 1], POSTS, axis=0),
            layout.INPUT_POSTS: posts,
            layout.INPUT_TIME: np.full(POSTS, time),
        },
    )[0]
    assert found.shape == (POSTS, len(SCHEMA.model))
    expected = plain_inputs(ROWS[reader], posts, time)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)
    exact = [
        SCHEMA.model.index(name) for name in ("topic_like_rate", "topic_lift", "hour", "topic")
    ]
    assert np.array_equal(found[:, exact], expected[:, exact])


@settings(max_examples=60)
@given(
    reader=st.integers(0, READERS - 1),
    leave_out=st.sets(st.integers(0, POSTS - 1)),
    candidates=st.sets(st.integers(0, POSTS - 1)),
    k=st.integers(1, 2 * POSTS),
)
def test_the_best_of_what_may_be_shown_come_first(
    reader: int, leave_out: set[int], candidates: set[int], k: int
) -> None:
    rows, scores = ask(ROWS[reader], sorted(candidates), sorted(leave_out), k)
    allowed = np.array(sorted((candidates or set(range(POSTS))) - leave_out), np.int64)
    expected = full_scores(ROWS[reader])[allowed]
    order = np.argsort(-expected, kind="stable")[:k]
    assert rows == allowed[order].tolist()
    assert scores == expected[order].tolist()


def test_nothing_is_answered_where_nothing_may_be_shown() -> None:
    assert ask(ROWS[0], leave_out=range(POSTS)) == ([], [])
    assert ask(ROWS[0], candidates=[3, 4], leave_out=[3, 4]) == ([], [])


def test_equal_scores_come_in_the_order_of_the_rows() -> None:
    alike = np.repeat(CATALOGUE[:1], POSTS, axis=0)
    rows, scores = RANKER.run(
        layout.RANKER_OUTPUTS,
        {
            layout.INPUT_READER: ROWS[:1],
            layout.INPUT_POSTS: alike,
            layout.INPUT_TIME: np.array([NOON]),
            layout.INPUT_CANDIDATES: np.empty(0, np.int64),
            layout.INPUT_LEAVE_OUT: np.array([1]),
            layout.INPUT_K: np.array([4]),
        },
    )
    assert len(set(scores)) == 1
    assert rows.tolist() == [0, 2, 3, 4]


def test_an_unknown_reader_is_scored_as_the_one_who_stands_in() -> None:
    nothing = np.full(len(SCHEMA.reader), np.nan, np.float32)
    assert ask(nothing) == ask(UNKNOWN)


def test_what_is_not_known_of_a_reader_is_filled_in_field_by_field() -> None:
    partly = ROWS[3].copy()
    partly[[1, 4]] = np.nan
    filled = ROWS[3].copy()
    filled[[1, 4]] = UNKNOWN[[1, 4]]
    assert ask(partly) == ask(filled)


def test_the_interface_is_the_one_that_is_agreed() -> None:
    assert tuple(given.name for given in RANKER.get_inputs()) == layout.RANKER_INPUTS
    made = [output.name for output in RANKER.get_outputs()]
    assert made == [*layout.RANKER_OUTPUTS, layout.OUTPUT_WITHOUT]
    optional = [given.name for given in RANKER.get_overridable_initializers()]
    assert optional == [layout.INPUT_EXPLAIN]


def features() -> Features:
    count = READERS * 4
    generator = np.random.default_rng(1)
    pairs = {
        "reader_row": np.arange(count) % READERS,
        "post_row": generator.integers(0, POSTS, count),
        "time": NOON + np.arange(count) * 3_601,
    }
    return Features(ENCODERS, UNKNOWN, ROWS, CATALOGUE, pairs)


def compare(model: onnx.ModelProto) -> Exactness:
    return exactness.compare(ranker(model, CATALOGUE), BOOSTER, features(), CATALOGUE)


def test_an_exact_graph_is_found_exact() -> None:
    found = compare(ranker_graph(SCHEMA, UNKNOWN, TYPICAL, BOOSTER))
    assert found.passed
    assert found.rows == (READERS * 4 + 1) * POSTS
    assert found.threshold_rows > 1_000
    assert (found.differing, found.threshold_differing) == (0, 0)


def changed(name: str, change: Any) -> onnx.ModelProto:
    """The ranker with one tensor of its trees changed."""
    model = ranker_graph(SCHEMA, UNKNOWN, TYPICAL, BOOSTER)
    trees = next(node for node in model.graph.node if node.op_type == "TreeEnsemble")
    attribute = next(found for found in trees.attribute if found.name == name)
    values = change(numpy_helper.to_array(attribute.t).copy())
    attribute.t.CopyFrom(numpy_helper.from_array(values, attribute.t.name))
    return model


def a_trifle_more(leaves: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    leaves[0] += 1e-12
    return leaves


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(changed("leaf_weights", a_trifle_more), id="one leaf"),
        pytest.param(
            changed("nodes_splits", lambda splits: splits + 0.01),
            id="thresholds moved",
        ),
        pytest.param(
            ranker_graph(SCHEMA, UNKNOWN + np.float32(0.5), TYPICAL, BOOSTER), id="unknown reader"
        ),
        pytest.param(
            ranker_graph(SCHEMA, UNKNOWN, TYPICAL, trained(seed=5)[0]), id="another booster"
        ),
    ],
)
def test_a_graph_that_differs_is_found_out(model: onnx.ModelProto) -> None:
    found = compare(model)
    assert not found.passed
    assert found.differing > 0


def test_single_precision_thresholds_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # Rounded to the nearest, as conversions usually do: equal nearly everywhere, but not on them.

    def rounded(booster: lgb.Booster) -> onnx.ModelProto:
        model = trees_graph(booster)
        for attribute in model.graph.node[-1].attribute:
            if attribute.name == "nodes_splits":
                splits = numpy_helper.to_array(attribute.t).astype(np.float32).astype(np.float64)
                attribute.t.CopyFrom(numpy_helper.from_array(splits, "splits"))
        return model

    monkeypatch.setattr(exactness, "trees_graph", rounded)
    found = compare(ranker_graph(SCHEMA, UNKNOWN, TYPICAL, BOOSTER))
    assert found.threshold_differing > 0
    assert not found.passed
