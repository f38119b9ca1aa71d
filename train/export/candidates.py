"""Which rows are scored exactly, as nodes of a graph: all, those named, or the best few."""

import lightgbm as lgb
import onnx
from onnx import TensorProto, helper

from artifacts import layout
from train.export.nodes import Nodes
from train.export.proposals import add_proposed_rows
from train.features.schema import Schema
from train.retrieval.model import Retrieval


def add_all_rows(nodes: Nodes) -> str:
    """`rows_to_score` int64: the candidates, or the whole catalogue, less what is left out."""
    nodes.add("Shape", [layout.INPUT_POSTS], "count_of_posts", start=0, end=1)
    nodes.add("Mul", ["count_of_posts", _is_whole_catalogue(nodes)], "range_end")
    # Range wants scalars: the count, or 0 where candidates are named.
    nodes.add("Squeeze", ["range_end"], "range_end_scalar")
    zero, one = nodes.constant("zero", 0), nodes.constant("one", 1)
    nodes.add("Range", [zero, "range_end_scalar", one], "proposed")
    nodes.add("Concat", [layout.INPUT_CANDIDATES, "proposed"], "considered", axis=0)
    _add_allowed(nodes)
    return _allowed_of(nodes, "considered", "rows_to_score")


def add_best_rows(nodes: Nodes, schema: Schema, booster: lgb.Booster, retrieval: Retrieval) -> str:
    """`rows_to_score` int64: the candidates, or the best by the first stage, less what is left out.

    Of the named inputs of the graph it needs those of the first stage, too.
    """
    nodes.add("Shape", [layout.INPUT_POSTS], "count_of_posts", start=0, end=1)
    _add_allowed(nodes)
    least = nodes.constant("candidates_at_least", [retrieval.candidates])
    nodes.add("Max", [layout.INPUT_K, least], "wanted")
    # So many more as are left out: were all of them among the best, the rest would still do. To
    # mark them in the approximations would copy a million numbers.
    nodes.add("Add", ["wanted", "count_of_left_out"], "wanted_and_left_out")
    nodes.add("Min", ["wanted_and_left_out", "count_of_posts"], "there")
    nodes.add("Mul", ["there", _is_whole_catalogue(nodes)], "count_of_proposed")
    proposed = add_proposed_rows(nodes, schema, booster, retrieval, "count_of_proposed")
    _allowed_of(nodes, proposed, "allowed_proposed")
    along_rows = nodes.constant("along_rows", [0])
    nodes.add("Slice", ["allowed_proposed", along_rows, "wanted", along_rows], "best_proposed")
    # By ascending row: of equal scores the earlier row is the better one.
    nodes.add("Shape", ["best_proposed"], "count_of_best_proposed")
    nodes.add(
        "TopK", ["best_proposed", "count_of_best_proposed"], "ascending", "__", axis=0, largest=0
    )
    _allowed_of(nodes, layout.INPUT_CANDIDATES, "allowed_candidates")
    return nodes.add("Concat", ["allowed_candidates", "ascending"], "rows_to_score", axis=0)


def _add_allowed(nodes: Nodes) -> None:
    """`allowed` bool [N]: whether a post may be recommended."""
    nodes.add("ConstantOfShape", ["count_of_posts"], "every_post", value=_boolean(value=True))
    nodes.add("Shape", [layout.INPUT_LEAVE_OUT], "count_of_left_out")
    nodes.add("ConstantOfShape", ["count_of_left_out"], "not_allowed", value=_boolean(value=False))
    nodes.add(
        "ScatterElements", ["every_post", layout.INPUT_LEAVE_OUT, "not_allowed"], "allowed", axis=0
    )


def _allowed_of(nodes: Nodes, rows: str, output: str) -> str:
    is_allowed = nodes.add("Gather", ["allowed", rows], f"{output}_mask", axis=0)
    return nodes.add("Compress", [rows, is_allowed], output, axis=0)


def _is_whole_catalogue(nodes: Nodes) -> str:
    """int64 [1]: 1, or 0 where candidates are named."""
    nodes.add("Shape", [layout.INPUT_CANDIDATES], "count_of_candidates")
    nodes.add("Equal", ["count_of_candidates", nodes.constant("no_candidate", [0])], "none_named")
    return nodes.add("Cast", ["none_named"], "whole_catalogue", to=TensorProto.INT64)


def _boolean(*, value: bool) -> onnx.TensorProto:
    return helper.make_tensor("value", TensorProto.BOOL, [1], [value])
