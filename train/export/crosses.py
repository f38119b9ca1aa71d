"""What the trees see of a reader, a post and a time, as nodes of a graph."""

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from artifacts import layout
from train.export.nodes import Nodes
from train.features.schema import BANDS, Schema
from train.features.text import DIMENSIONS

_DAY = 86_400
_HOUR = 3_600
_FIRST_DAY_OF_UNIX_TIME = 3  # a Thursday, counted from Monday


def add_known_reader(nodes: Nodes, unknown_reader: npt.NDArray[np.float32]) -> str:
    """`known_reader` float32 [1 or n, R]: the reader's row, with what is NaN filled in."""
    nodes.add("IsNaN", [layout.INPUT_READER], "reader_unknown")
    unknown = nodes.constant("unknown_reader", unknown_reader[np.newaxis], np.float32)
    return nodes.add("Where", ["reader_unknown", unknown, layout.INPUT_READER], "known_reader")


def add_model_inputs(nodes: Nodes, schema: Schema, posts: str) -> str:
    """`inputs` float32 [n, F] of `posts` [n, P], and of `known_reader` and `time`, 1 or n.

    Besides, `count_of_rows` int64 [1] is n, and `shape_of_column` int64 [2] is n, 1.
    """
    reader, rates, taste, band = nodes.split(
        "known_reader",
        reader_scalars=len(schema.reader_scalars),
        reader_topic_rates=len(schema.topics),
        reader_taste=DIMENSIONS,
        reader_band=len(BANDS),
    )
    post, text, early, likes = nodes.split(
        posts,
        post_scalars=len(schema.post_scalars),
        post_text=DIMENSIONS,
        post_early_by_band=len(BANDS),
        post_likes_by_band=len(BANDS),
    )
    columns = [
        _for_each_post(nodes, posts, reader),
        post,
        *_topic_rates(nodes, schema, post, rates, reader),
        _product(nodes, taste, text, "text_affinity"),
        _product(nodes, band, early, "peers_early_share"),
        _product(nodes, band, likes, "peers_like_rate"),
        _for_each_post(nodes, posts, _clock(nodes)),
    ]
    return nodes.add("Concat", columns, "inputs", axis=1)


def _for_each_post(nodes: Nodes, posts: str, table: str) -> str:
    if not nodes.has("shape_of_column"):
        nodes.add("Shape", [posts], "count_of_rows", start=0, end=1)
        one = nodes.constant("count_of_one", [1])
        nodes.add("Concat", ["count_of_rows", one], "shape_of_column", axis=0)
    return nodes.add("Expand", [table, "shape_of_column"], f"{table}_for_each_post")


def _topic_rates(
    nodes: Nodes, schema: Schema, post: str, rates: str, reader: str
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


def _product(nodes: Nodes, of_reader: str, of_posts: str, output: str) -> str:
    # Multiply and add, not MatMul: its blocks would add in another order for another shape.
    nodes.add("Mul", [of_reader, of_posts], f"{output}_terms")
    along = nodes.constant("along_columns", [1])
    return nodes.add("ReduceSum", [f"{output}_terms", along], output, keepdims=1)


def _clock(nodes: Nodes) -> str:
    """Hour 0-23 and weekday 0-6 from Monday, float32 [1 or n, 2]."""
    time, day = layout.INPUT_TIME, nodes.constant("seconds_of_day", _DAY)
    nodes.add("Mod", [time, day], "second_of_day")
    nodes.add("Div", ["second_of_day", nodes.constant("seconds_of_hour", _HOUR)], "hour_of_day")
    nodes.add("Div", [time, day], "days")
    nodes.add(
        "Add", ["days", nodes.constant("first_day", _FIRST_DAY_OF_UNIX_TIME)], "days_from_monday"
    )
    nodes.add("Mod", ["days_from_monday", nodes.constant("days_of_week", 7)], "day_of_week")
    along = nodes.constant("along_columns", [1])
    columns = [
        nodes.add("Unsqueeze", [whole, along], f"{whole}_column")
        for whole in ("hour_of_day", "day_of_week")
    ]
    nodes.add("Concat", columns, "hour_and_weekday", axis=1)
    return nodes.add("Cast", ["hour_and_weekday"], "clock", to=TensorProto.FLOAT)
