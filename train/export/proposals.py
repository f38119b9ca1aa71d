"""The first stage as nodes of a graph: which rows approximate scores propose."""

import lightgbm as lgb
import numpy as np
from onnx import TensorProto

from artifacts import layout
from train.export.crosses import add_model_inputs
from train.export.nodes import Nodes
from train.export.trees import add_trees
from train.features.schema import Schema
from train.retrieval.model import Retrieval


def add_proposed_rows(
    nodes: Nodes, schema: Schema, booster: lgb.Booster, retrieval: Retrieval, count: str
) -> str:
    """`proposed` int64: the `count` (int64 [1]) rows of the highest approximations, best first."""
    _add_reader_vector(nodes, schema, booster, retrieval)
    if not retrieval.probed:
        nodes.add("MatMul", [layout.OUTPUT_VECTOR, layout.INPUT_VECTORS], "approximations_row")
        return _add_highest(nodes, count, "proposed")
    _add_probed_blocks(nodes, retrieval, count)
    nodes.add("Gather", [layout.INPUT_BLOCK_VECTORS, "probed_blocks"], "probed_vectors", axis=0)
    nodes.add("MatMul", [layout.OUTPUT_VECTOR, "probed_vectors"], "approximations_row")
    _add_highest(nodes, count, "proposed_of_probed")
    nodes.add("Gather", [layout.INPUT_BLOCK_ROWS, "probed_blocks"], "rows_of_blocks", axis=0)
    nodes.add("Reshape", ["rows_of_blocks", nodes.constant("flat", [-1])], "rows_of_probed")
    return nodes.add("Gather", ["rows_of_probed", "proposed_of_probed"], "proposed", axis=0)


def _add_reader_vector(
    nodes: Nodes, schema: Schema, booster: lgb.Booster, retrieval: Retrieval
) -> None:
    """The output `reader_vector` float32 [1, D]."""
    anchors = nodes.constant("anchors", retrieval.anchors, np.float32)
    with nodes.scope("anchor"):
        add_model_inputs(nodes, schema, anchors)
        margins = add_trees(nodes, booster, "inputs")
    along_rows = nodes.constant("along_rows", [0])
    nodes.add("ReduceMean", [margins, along_rows], "mean_of_anchors", keepdims=1)
    nodes.add("Sub", [margins, "mean_of_anchors"], "anchors_less_mean")
    nodes.add("Cast", ["anchors_less_mean"], "anchors_column", to=TensorProto.FLOAT)
    nodes.add("Transpose", ["anchors_column"], "anchors_row")
    weights = nodes.constant("anchor_weights", retrieval.weights, np.float32)
    offset = nodes.constant("reader_offset", retrieval.offset[np.newaxis], np.float32)
    nodes.add("MatMul", ["anchors_row", weights], "weighted_anchors")
    nodes.add("Add", ["weighted_anchors", offset], "reader_part")
    one = nodes.constant("one_row", [[1]], np.float32)
    nodes.add("Concat", ["reader_part", one], layout.OUTPUT_VECTOR, axis=1)


def _add_probed_blocks(nodes: Nodes, retrieval: Retrieval, count: str) -> None:
    """`probed_blocks` int64: those of which a post could have the highest approximations.

    As many more as are proposed more, so that they always hold enough posts.
    """
    zero = nodes.constant("zero_number", 0.0, np.float32)
    nodes.add("Max", [layout.OUTPUT_VECTOR, zero], "reader_above_zero")
    nodes.add("Min", [layout.OUTPUT_VECTOR, zero], "reader_below_zero")
    nodes.add("Concat", ["reader_above_zero", "reader_below_zero"], "reader_by_sign", axis=1)
    nodes.add("MatMul", ["reader_by_sign", layout.INPUT_BLOCK_BOXES], "bounds_row")
    nodes.add("Squeeze", ["bounds_row", nodes.constant("along_rows", [0])], "bounds")
    nodes.add("Shape", ["bounds"], "count_of_blocks")
    nodes.add("Mul", [count, nodes.constant("probed", [retrieval.probed])], "probed_times_count")
    rounding_up = nodes.constant("rounding_up", [retrieval.candidates - 1])
    nodes.add("Add", ["probed_times_count", rounding_up], "probed_to_divide")
    candidates = nodes.constant("candidates_at_least", [retrieval.candidates])
    nodes.add("Div", ["probed_to_divide", candidates], "probed_for_count")
    nodes.add("Min", ["probed_for_count", "count_of_blocks"], "count_of_probed")
    nodes.add("TopK", ["bounds", "count_of_probed"], "_bounds", "probed_blocks", axis=0)


def _add_highest(nodes: Nodes, count: str, output: str) -> str:
    flat = nodes.constant("flat", [-1])
    nodes.add("Reshape", ["approximations_row", flat], "approximations")
    nodes.add("TopK", ["approximations", count], "_approximations", output, axis=0)
    return output
