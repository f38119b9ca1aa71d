"""The recommender as an ONNX graph: everything between a reader's row and the best posts.

Two graphs are made of the same nodes, so training and serving cannot drift apart: `inputs_graph`
makes the model's inputs for pairs of reader and post, which is what LightGBM is trained on, and
`ranker_graph` makes them for one reader and many posts, scores them and keeps the best.
"""

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from artifacts import layout
from train.export.crosses import add_model_inputs
from train.export.nodes import Nodes
from train.export.trees import tree_ensemble
from train.features.schema import Schema

SERVED_POSITION = 1
"""Fatigue in a session is learned as a feature and taken out: every post is scored as the first."""


def inputs_graph(schema: Schema, unknown_reader: npt.NDArray[np.float32]) -> onnx.ModelProto:
    """Pairs of reader and post to the model's inputs.

    Inputs: `reader` float32 [n, R], `posts` float32 [n, P], `time` int64 [n], `position` float32
    [n, 1]. Output: `inputs` float32 [n, len(schema.model)].

    Args:
        schema: which feature stands where.
        unknown_reader: float32 [R], stands in wherever a reader's feature is NaN.
    """
    nodes = Nodes()
    add_model_inputs(nodes, schema, unknown_reader, layout.INPUT_POSTS, "position")
    return nodes.model(
        [
            *_reader_and_time(schema, "n"),
            helper.make_tensor_value_info("position", TensorProto.FLOAT, ["n", 1]),
        ],
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["n", len(schema.model)])],
    )


def trees_graph(booster: lgb.Booster) -> onnx.ModelProto:
    """The trees alone: `inputs` float32 [n, F] to `margins` double [n, 1]."""
    nodes = Nodes()
    _margins(nodes, booster)
    features = booster.num_feature()
    return nodes.model(
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["n", features])],
        [helper.make_tensor_value_info("margins", TensorProto.DOUBLE, ["n", 1])],
    )


def ranker_graph(
    schema: Schema, unknown_reader: npt.NDArray[np.float32], booster: lgb.Booster
) -> onnx.ModelProto:
    """One request: a reader's row, the posts and a time to the best posts and their scores.

    Its inputs and outputs are those of `artifacts.layout`. Equal scores are ordered by row.

    Args:
        schema: which feature stands where.
        unknown_reader: float32 [R], stands in wherever the reader's features are NaN.
        booster: trained on `schema.model`.
    """
    nodes = Nodes()
    rows = _eligible_rows(nodes)
    nodes.add("Gather", [layout.INPUT_POSTS, rows], "eligible_posts", axis=0)
    nodes.constant("position", [[SERVED_POSITION]], np.float32)
    add_model_inputs(nodes, schema, unknown_reader, "eligible_posts", "position")
    _margins(nodes, booster)
    _best(nodes, rows)
    return nodes.model(
        [
            *_reader_and_time(schema, 1),
            helper.make_tensor_value_info(layout.INPUT_CANDIDATES, TensorProto.INT64, ["C"]),
            helper.make_tensor_value_info(layout.INPUT_LEAVE_OUT, TensorProto.INT64, ["E"]),
            helper.make_tensor_value_info(layout.INPUT_K, TensorProto.INT64, [1]),
        ],
        [
            helper.make_tensor_value_info(layout.OUTPUT_ROWS, TensorProto.INT64, ["best"]),
            helper.make_tensor_value_info(layout.OUTPUT_SCORES, TensorProto.DOUBLE, ["best"]),
        ],
    )


def _reader_and_time(schema: Schema, readers: str | int) -> list[onnx.ValueInfoProto]:
    posts = "N" if readers == 1 else "n"
    return [
        helper.make_tensor_value_info(
            layout.INPUT_READER, TensorProto.FLOAT, [readers, len(schema.reader)]
        ),
        helper.make_tensor_value_info(
            layout.INPUT_POSTS, TensorProto.FLOAT, [posts, len(schema.post)]
        ),
        helper.make_tensor_value_info(layout.INPUT_TIME, TensorProto.INT64, [readers]),
    ]


def _eligible_rows(nodes: Nodes) -> str:
    """The rows to rank: the candidates, or all where none are named, without what is left out."""
    nodes.add("Shape", [layout.INPUT_POSTS], "count_of_posts", start=0, end=1)
    nodes.add("Size", [layout.INPUT_CANDIDATES], "count_of_candidates")
    zero = nodes.constant("zero", 0)
    nodes.add("Equal", ["count_of_candidates", zero], "rank_all")
    nodes.add("Cast", ["rank_all"], "all_or_none", to=TensorProto.INT64)
    # Range wants scalars: the count, or 0 where candidates are named.
    nodes.add("Squeeze", ["count_of_posts"], "posts_scalar")
    nodes.add("Mul", ["posts_scalar", "all_or_none"], "range_end")
    nodes.add("Range", [zero, "range_end", nodes.constant("one", 1)], "all_rows")
    nodes.add("Concat", [layout.INPUT_CANDIDATES, "all_rows"], "candidate_rows", axis=0)
    nodes.add(
        "ConstantOfShape",
        ["count_of_posts"],
        "allowed",
        value=_scalar(TensorProto.BOOL, value=True),
    )
    nodes.add("Shape", [layout.INPUT_LEAVE_OUT], "left_out_shape")
    nodes.add(
        "ConstantOfShape", ["left_out_shape"], "not_allowed",
        value=_scalar(TensorProto.BOOL, value=False),
    )  # fmt: skip
    nodes.add(
        "ScatterElements", ["allowed", layout.INPUT_LEAVE_OUT, "not_allowed"], "eligible", axis=0
    )
    nodes.add("Gather", ["eligible", "candidate_rows"], "candidate_is_eligible", axis=0)
    return nodes.add(
        "Compress", ["candidate_rows", "candidate_is_eligible"], "eligible_rows", axis=0
    )


def _margins(nodes: Nodes, booster: lgb.Booster) -> str:
    nodes.add("Cast", ["inputs"], "inputs_double", to=TensorProto.DOUBLE)
    nodes.nodes.append(tree_ensemble(booster, "inputs_double", "margins"))
    return "margins"


def _best(nodes: Nodes, rows: str) -> None:
    nodes.add("Squeeze", ["margins", nodes.constant("along_columns", [1])], "row_margins")
    nodes.add("Shape", [rows], "count_of_eligible")
    nodes.add("Min", [layout.INPUT_K, "count_of_eligible"], "count_of_best")
    nodes.nodes.append(
        helper.make_node(
            "TopK", ["row_margins", "count_of_best"], [layout.OUTPUT_SCORES, "best"], axis=0
        )
    )
    nodes.add("Gather", [rows, "best"], layout.OUTPUT_ROWS, axis=0)


def _scalar(kind: int, *, value: bool) -> onnx.TensorProto:
    return helper.make_tensor("value", kind, [1], [value])
