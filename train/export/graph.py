"""The recommender as an ONNX graph: everything between a reader's row and the best posts.

Two graphs are made of the same nodes, so training and serving cannot drift apart: `inputs_graph`
makes the model's inputs for pairs of reader and post, which is what LightGBM is trained on, and
`ranker_graph` makes them for one reader and many posts, scores them and keeps the best.
"""

from collections.abc import Sequence
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from artifacts import layout
from train.export.trees import tree_ensemble
from train.features.schema import Schema

SERVED_POSITION = 1
"""Fatigue in a session is learned as a feature and taken out: every post is scored as the first."""

_OPSET = 21
_ML_OPSET = 5  # TreeEnsemble
_IR = 10
_DAY = 86_400
_HOUR = 3_600
_FIRST_DAY_OF_UNIX_TIME = 3  # a Thursday, counted from Monday


class _Nodes:
    """The nodes and constants of a graph while it grows; values are named after what they are."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(
        self,
        operator: str,
        inputs: Sequence[str],
        output: str,
        **attributes: Any,  # noqa: ANN401 - whatever the operator takes
    ) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: object, dtype: npt.DTypeLike = np.int64) -> str:
        if all(tensor.name != name for tensor in self.constants):
            self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def columns(self, table: str, start: int, end: int, output: str) -> str:
        return self.add(
            "Slice",
            [
                table,
                self.constant(f"{output}_start", [start]),
                self.constant(f"{output}_end", [end]),
                self.constant("along_columns", [1]),
            ],
            output,
        )

    def model(
        self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "lenta", inputs, outputs, self.constants)
        model = helper.make_model(
            graph,
            opset_imports=[
                helper.make_opsetid("", _OPSET),
                helper.make_opsetid("ai.onnx.ml", _ML_OPSET),
            ],
            ir_version=_IR,
            producer_name="lenta",
        )
        onnx.checker.check_model(model)
        return model


def inputs_graph(schema: Schema, unknown_reader: npt.NDArray[np.float32]) -> onnx.ModelProto:
    """Pairs of reader and post to the model's inputs.

    Inputs: `reader` float32 [n, R], `posts` float32 [n, P], `time` int64 [n], `position` float32
    [n, 1]. Output: `inputs` float32 [n, len(schema.model)].

    Args:
        schema: which feature stands where.
        unknown_reader: float32 [R], stands in wherever a reader's feature is NaN.
    """
    nodes = _Nodes()
    _model_inputs(nodes, schema, unknown_reader, layout.INPUT_POSTS, "position")
    return nodes.model(
        [
            *_reader_and_time(schema, "n"),
            helper.make_tensor_value_info("position", TensorProto.FLOAT, ["n", 1]),
        ],
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["n", len(schema.model)])],
    )


def trees_graph(booster: lgb.Booster) -> onnx.ModelProto:
    """The trees alone: `inputs` float32 [n, F] to `margins` double [n, 1]."""
    nodes = _Nodes()
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
    nodes = _Nodes()
    rows = _eligible_rows(nodes)
    nodes.add("Gather", [layout.INPUT_POSTS, rows], "eligible_posts", axis=0)
    nodes.constant("position", [[SERVED_POSITION]], np.float32)
    _model_inputs(nodes, schema, unknown_reader, "eligible_posts", "position")
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


def _eligible_rows(nodes: _Nodes) -> str:
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


def _model_inputs(
    nodes: _Nodes,
    schema: Schema,
    unknown_reader: npt.NDArray[np.float32],
    posts: str,
    position: str,
) -> str:
    """`inputs` float32 [n, F] of `reader` [1 or n, R], `posts` [n, P] and `time` [1 or n]."""
    nodes.add("IsNaN", [layout.INPUT_READER], "reader_unknown")
    unknown = nodes.constant("unknown_reader", unknown_reader[np.newaxis], np.float32)
    nodes.add("Where", ["reader_unknown", unknown, layout.INPUT_READER], "known_reader")
    of_reader, of_post = len(schema.reader_scalars), len(schema.post_scalars)
    rates_end = of_reader + len(schema.topics)
    reader = nodes.columns("known_reader", 0, of_reader, "reader_scalars")
    rates = nodes.columns("known_reader", of_reader, rates_end, "reader_topic_rates")
    taste = nodes.columns("known_reader", rates_end, len(schema.reader), "reader_taste")
    post = nodes.columns(posts, 0, of_post, "post_scalars")
    text = nodes.columns(posts, of_post, len(schema.post), "post_text")

    columns = [
        _for_each_post(nodes, posts, reader, of_reader),
        post,
        *_topic_rates(nodes, schema, post, rates, reader),
        _affinity(nodes, taste, text),
        *(_for_each_post(nodes, posts, column, 1) for column in _clock(nodes)),
        _for_each_post(nodes, posts, position, 1),
    ]
    return nodes.add("Concat", columns, "inputs", axis=1)


def _for_each_post(nodes: _Nodes, posts: str, table: str, columns: int) -> str:
    if "count_of_rows" not in {output for node in nodes.nodes for output in node.output}:
        nodes.add("Shape", [posts], "count_of_rows", start=0, end=1)
    width = nodes.constant(f"width_{columns}", [columns])
    shape = nodes.add("Concat", ["count_of_rows", width], f"{table}_shape", axis=0)
    return nodes.add("Expand", [table, shape], f"{table}_for_each_post")


def _topic_rates(
    nodes: _Nodes, schema: Schema, post: str, rates: str, reader: str
) -> tuple[str, str]:
    """The reader's like rate for the post's topic, and how far it is above the reader's own."""
    index = schema.post_scalars.index("topic")
    topic = nodes.columns(post, index, index + 1, "post_topic")
    topics = nodes.constant("topics", [range(len(schema.topics))], np.float32)
    nodes.add("Equal", [topic, topics], "is_topic")
    nothing = nodes.constant("nothing", 0.0, np.float32)
    nodes.add("Where", ["is_topic", rates, nothing], "rate_of_topic")
    along = nodes.constant("along_columns", [1])
    rate = nodes.add("ReduceSum", ["rate_of_topic", along], "topic_like_rate", keepdims=1)
    index = schema.reader_scalars.index("reader_like_rate")
    own = nodes.columns(reader, index, index + 1, "own_like_rate")
    return rate, nodes.add("Div", [rate, own], "topic_lift")


def _affinity(nodes: _Nodes, taste: str, text: str) -> str:
    # Multiply and add, not MatMul: its blocks would add in another order for another shape.
    nodes.add("Mul", [taste, text], "taste_times_text")
    along = nodes.constant("along_columns", [1])
    return nodes.add("ReduceSum", ["taste_times_text", along], "text_affinity", keepdims=1)


def _clock(nodes: _Nodes) -> tuple[str, str]:
    """Hour 0-23 and weekday 0-6 from Monday, float32 [1 or n, 1] each."""
    time, day = layout.INPUT_TIME, nodes.constant("seconds_of_day", _DAY)
    nodes.add("Mod", [time, day], "second_of_day")
    nodes.add("Div", ["second_of_day", nodes.constant("seconds_of_hour", _HOUR)], "hour_of_day")
    nodes.add("Div", [time, day], "days")
    nodes.add(
        "Add", ["days", nodes.constant("first_day", _FIRST_DAY_OF_UNIX_TIME)], "days_from_monday"
    )
    nodes.add("Mod", ["days_from_monday", nodes.constant("days_of_week", 7)], "day_of_week")
    for whole, name in (("hour_of_day", "hour"), ("day_of_week", "weekday")):
        nodes.add("Cast", [whole], f"{name}_flat", to=TensorProto.FLOAT)
        nodes.add("Unsqueeze", [f"{name}_flat", nodes.constant("along_columns", [1])], name)
    return "hour", "weekday"


def _margins(nodes: _Nodes, booster: lgb.Booster) -> str:
    nodes.add("Cast", ["inputs"], "inputs_double", to=TensorProto.DOUBLE)
    nodes.nodes.append(tree_ensemble(booster, "inputs_double", "margins"))
    return "margins"


def _best(nodes: _Nodes, rows: str) -> None:
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
