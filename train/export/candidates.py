"""Which rows are scored exactly, as nodes of a graph: all, those named, or the best few."""

import lightgbm as lgb
import numpy as np
from onnx import TensorProto, helper

from artifacts import layout
from train.export.crosses import add_model_inputs
from train.export.nodes import Nodes
from train.export.trees import add_trees
from train.features.schema import Schema
from train.retrieval.model import Retrieval

_NEVER = -np.inf


def add_all_rows(nodes: Nodes) -> str:
    """`rows_to_score` int64: the candidates, or the whole catalogue, less what is left out."""
    nodes.add("Shape", [layout.INPUT_POSTS], "count_of_posts", start=0, end=1)
    nodes.add("ConstantOfShape", ["count_of_posts"], "no_rank", value=_one_float(0.0))
    _leave_out(nodes, "no_rank")
    nodes.add("Mul", ["count_of_posts", _is_whole_catalogue(nodes)], "range_end")
    # Range wants scalars: the count, or 0 where candidates are named.
    nodes.add("Squeeze", ["range_end"], "range_end_scalar")
    zero, one = nodes.constant("zero", 0), nodes.constant("one", 1)
    nodes.add("Range", [zero, "range_end_scalar", one], "proposed")
    return _eligible(nodes, "proposed")


def add_best_rows(nodes: Nodes, schema: Schema, booster: lgb.Booster, retrieval: Retrieval) -> str:
    """`rows_to_score` int64: the candidates, or the best by the first stage, less what is left out.

    Of the named inputs of the graph it needs `vectors`, too.
    """
    _add_approximations(nodes, schema, booster, retrieval)
    _leave_out(nodes, "approximations")
    nodes.add("Shape", ["approximations"], "count_of_posts", start=0, end=1)
    least = nodes.constant("candidates_at_least", [retrieval.candidates])
    nodes.add("Max", [layout.INPUT_K, least], "candidates_wanted")
    nodes.add("Min", ["candidates_wanted", "count_of_posts"], "candidates_there")
    nodes.add("Mul", ["candidates_there", _is_whole_catalogue(nodes)], "count_of_proposed")
    nodes.add("TopK", ["ranked", "count_of_proposed"], "_", "unordered", axis=0, sorted=0)
    # By ascending row: of equal scores the earlier row is the better one.
    nodes.add(
        "TopK", ["unordered", "count_of_proposed"], "proposed", "__",
        axis=0, largest=0, sorted=1,
    )  # fmt: skip
    return _eligible(nodes, "proposed")


def _add_approximations(
    nodes: Nodes, schema: Schema, booster: lgb.Booster, retrieval: Retrieval
) -> None:
    """`approximations` float32 [N]."""
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
    nodes.add("MatMul", [layout.OUTPUT_VECTOR, layout.INPUT_VECTORS], "approximations_row")
    nodes.add("Squeeze", ["approximations_row", along_rows], "approximations")


def _leave_out(nodes: Nodes, ranks: str) -> str:
    """`ranked` float32 [N]: minus infinity for what is left out."""
    nodes.add("Shape", [layout.INPUT_LEAVE_OUT], "left_out_shape")
    nodes.add("ConstantOfShape", ["left_out_shape"], "never", value=_one_float(_NEVER))
    return nodes.add("ScatterElements", [ranks, layout.INPUT_LEAVE_OUT, "never"], "ranked", axis=0)


def _is_whole_catalogue(nodes: Nodes) -> str:
    """int64 [1]: 1, or 0 where candidates are named."""
    nodes.add("Shape", [layout.INPUT_CANDIDATES], "count_of_candidates")
    nodes.add("Equal", ["count_of_candidates", nodes.constant("no_candidate", [0])], "none_named")
    return nodes.add("Cast", ["none_named"], "whole_catalogue", to=TensorProto.INT64)


def _eligible(nodes: Nodes, proposed: str) -> str:
    nodes.add("Concat", [layout.INPUT_CANDIDATES, proposed], "considered", axis=0)
    nodes.add("Gather", ["ranked", "considered"], "ranks_of_considered", axis=0)
    never = nodes.constant("never_ranked", _NEVER, np.float32)
    nodes.add("Greater", ["ranks_of_considered", never], "is_eligible")
    return nodes.add("Compress", ["considered", "is_eligible"], "rows_to_score", axis=0)


def _one_float(value: float) -> object:
    return helper.make_tensor("value", TensorProto.FLOAT, [1], [value])
