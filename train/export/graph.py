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
from train.export.candidates import add_all_rows, add_best_rows
from train.export.crosses import add_known_reader, add_model_inputs
from train.export.nodes import Nodes
from train.export.reasons import add_inputs_with_and_without
from train.export.trees import add_trees, add_trees_of_doubles
from train.features.schema import Schema
from train.retrieval.model import Retrieval


def inputs_graph(schema: Schema, unknown_reader: npt.NDArray[np.float32]) -> onnx.ModelProto:
    """Pairs of reader and post to the model's inputs.

    Inputs: `reader` float32 [n, R], `posts` float32 [n, P], `time` int64 [n]. Output: `inputs`
    float32 [n, len(schema.model)].

    Args:
        schema: which feature stands where.
        unknown_reader: float32 [R], stands in wherever a reader's feature is NaN.
    """
    nodes = Nodes()
    add_known_reader(nodes, unknown_reader)
    add_model_inputs(nodes, schema, layout.INPUT_POSTS)
    return nodes.model(
        _reader_and_time(schema, "n"),
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["n", len(schema.model)])],
    )


def trees_graph(booster: lgb.Booster) -> onnx.ModelProto:
    """The trees alone: `inputs` float32 [n, F] to `margins` double [n, 1]."""
    nodes = Nodes()
    add_trees(nodes, booster, "inputs")
    features = booster.num_feature()
    return nodes.model(
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["n", features])],
        [helper.make_tensor_value_info("margins", TensorProto.DOUBLE, ["n", 1])],
    )


def ranker_graph(
    schema: Schema,
    unknown_reader: npt.NDArray[np.float32],
    typical_post: npt.NDArray[np.float32],
    booster: lgb.Booster,
    retrieval: Retrieval | None = None,
) -> onnx.ModelProto:
    """One request: a reader's row, the posts and a time to the best posts and their scores.

    Its inputs and outputs are those of `artifacts.layout`. Equal scores are ordered by row.

    Args:
        schema: which feature stands where.
        unknown_reader: float32 [R], stands in wherever the reader's features are NaN.
        typical_post: float32 [P], with which a post is compared that is popular or new.
        booster: trained on `schema.model`.
        retrieval: the first stage; without it every post is scored.
    """
    nodes = Nodes()
    add_known_reader(nodes, unknown_reader)
    rows = add_best_rows(nodes, schema, booster, retrieval) if retrieval else add_all_rows(nodes)
    nodes.add("Gather", [layout.INPUT_POSTS, rows], "posts_to_score", axis=0)
    add_model_inputs(nodes, schema, "posts_to_score")
    add_trees_of_doubles(nodes, booster, add_inputs_with_and_without(nodes, schema, typical_post))
    _best(nodes, rows)
    nodes.constant(layout.INPUT_EXPLAIN, [False], np.bool_)  # where it is not given
    inputs = [
        *_reader_and_time(schema, 1),
        helper.make_tensor_value_info(layout.INPUT_CANDIDATES, TensorProto.INT64, ["C"]),
        helper.make_tensor_value_info(layout.INPUT_LEAVE_OUT, TensorProto.INT64, ["E"]),
        helper.make_tensor_value_info(layout.INPUT_K, TensorProto.INT64, [1]),
        helper.make_tensor_value_info(layout.INPUT_EXPLAIN, TensorProto.BOOL, [1]),
    ]
    outputs = [
        helper.make_tensor_value_info(layout.OUTPUT_ROWS, TensorProto.INT64, ["best"]),
        helper.make_tensor_value_info(layout.OUTPUT_SCORES, TensorProto.DOUBLE, ["best"]),
        helper.make_tensor_value_info(layout.OUTPUT_WITHOUT, TensorProto.DOUBLE, ["without"]),
    ]
    if retrieval:
        inputs += _first_stage(retrieval)
        outputs.append(
            helper.make_tensor_value_info(
                layout.OUTPUT_VECTOR, TensorProto.FLOAT, [1, retrieval.dimensions]
            )
        )
    return nodes.model(inputs, outputs)


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


def _first_stage(retrieval: Retrieval) -> list[onnx.ValueInfoProto]:
    numbers = retrieval.dimensions
    if not retrieval.probed:
        return [
            helper.make_tensor_value_info(layout.INPUT_VECTORS, TensorProto.FLOAT, [numbers, "N"])
        ]
    return [
        helper.make_tensor_value_info(
            layout.INPUT_BLOCK_VECTORS, TensorProto.FLOAT, ["B", numbers, "S"]
        ),
        helper.make_tensor_value_info(layout.INPUT_BLOCK_ROWS, TensorProto.INT64, ["B", "S"]),
        helper.make_tensor_value_info(
            layout.INPUT_BLOCK_BOXES, TensorProto.FLOAT, [2 * numbers, "B"]
        ),
    ]


def _best(nodes: Nodes, rows: str) -> None:
    nodes.add("Squeeze", ["margins", nodes.constant("along_columns", [1])], "all_margins")
    first = nodes.constant("first_row", [0])
    end = nodes.constant("end_of_rows", [np.iinfo(np.int64).max])
    nodes.add("Slice", ["all_margins", first, "count_of_rows"], "row_margins")
    nodes.add("Slice", ["all_margins", "count_of_rows", end], layout.OUTPUT_WITHOUT)
    nodes.add("Min", [layout.INPUT_K, "count_of_rows"], "count_of_best")
    nodes.add("TopK", ["row_margins", "count_of_best"], layout.OUTPUT_SCORES, "best", axis=0)
    nodes.add("Gather", [rows, "best"], layout.OUTPUT_ROWS, axis=0)
