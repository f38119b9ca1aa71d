"""Why a post is recommended, as nodes of a graph: what its score would be without each reason.

Where a reason holds, the inputs of the trees that tell it are replaced by what they would be if it
did not, and the same trees score the row again. None of these nodes is run unless it is asked for.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from artifacts import layout
from train.export.nodes import Nodes
from train.features.schema import EVERYONE, Schema

_EARLY, _LIKES = f"early_of_{EVERYONE}", f"likes_of_{EVERYONE}"


@dataclass(frozen=True)
class _Reason:
    """When a reason holds, and what would stand where if it did not.

    Attributes:
        more: the column that is greater than
        than: this one, where the reason holds.
        without: what stands in for which input of the trees.
    """

    more: str
    than: str
    without: dict[str, str]


_REASONS = {
    layout.REASON_TOPIC: _Reason(
        "topic_lift", "one", {"topic_like_rate": "reader_like_rate", "topic_lift": "one"}
    ),
    layout.REASON_TEXT: _Reason("text_affinity", "zero", {"text_affinity": "zero"}),
    layout.REASON_PEERS: _Reason(
        "peers_like_rate", _LIKES, {"peers_early_share": _EARLY, "peers_like_rate": _LIKES}
    ),
    layout.REASON_POPULAR: _Reason(
        "post_like_rate",
        "typical_post_like_rate",
        {
            "post_like_rate": "typical_post_like_rate",
            # The reader's age band still likes it by as much more or less than everyone.
            "peers_early_share": "early_if_typical",
            "peers_like_rate": "likes_if_typical",
        },
    ),
    layout.REASON_NEW: _Reason("too_old", "post_age", {"post_age": "typical_post_age"}),
}


def add_inputs_with_and_without(
    nodes: Nodes, schema: Schema, typical_post: npt.NDArray[np.float32]
) -> str:
    """`inputs_double` double [n, F]: the `inputs`; asked for reasons, [n (1 + REASONS), F].

    Then the n rows are followed by the same without the first reason, and so on.

    Args:
        nodes: the graph, with the `inputs` of the `posts_to_score`.
        schema: which feature stands where.
        typical_post: float32 [P], with which a post is compared that is popular or new.
    """

    def with_and_without() -> str:
        names = _add_columns(nodes, schema, typical_post)
        reasons = [_REASONS[reason] for reason in layout.REASONS]
        stand_ins = [
            [names.index(reason.without.get(name, name)) for name in schema.model]
            for reason in reasons
        ]
        places = {
            "more": [names.index(reason.more) for reason in reasons],
            "than": [names.index(reason.than) for reason in reasons],
            "without": stand_ins,
        }
        for name, columns in places.items():
            nodes.add("Gather", ["columns", nodes.constant(f"{name}_of", columns)], name, axis=1)
        nodes.add("Greater", ["more", "than"], "holds_flat")
        nodes.add("Unsqueeze", ["holds_flat", nodes.constant("along_inputs", [2])], "holds")
        nodes.add("Unsqueeze", ["inputs", nodes.constant("along_columns", [1])], "with_all")
        nodes.add("Where", ["holds", "without", "with_all"], "without_one")
        nodes.add("Concat", ["with_all", "without_one"], "by_row", axis=1)
        nodes.add("Transpose", ["by_row"], "by_reason", perm=[1, 0, 2])
        shape = nodes.constant("rows_of_inputs", [-1, len(schema.model)])
        nodes.add("Reshape", ["by_reason", shape], "with_and_without")
        return nodes.add("Cast", ["with_and_without"], "more_double", to=TensorProto.DOUBLE)

    return nodes.either(
        layout.INPUT_EXPLAIN,
        with_and_without,
        lambda: nodes.add("Cast", ["inputs"], "no_more_double", to=TensorProto.DOUBLE),
        "inputs_double",
        TensorProto.DOUBLE,
    )


def _add_columns(
    nodes: Nodes, schema: Schema, typical_post: npt.NDArray[np.float32]
) -> tuple[str, ...]:
    """`columns` float32 [n, ·]: the inputs and what may stand in for them. Returns their names."""
    everyone = [schema.post.index(_EARLY), schema.post.index(_LIKES)]
    early = schema.model.index("peers_early_share")
    nodes.columns("inputs", early, early + 2, "of_peers")
    places = nodes.constant("places_of_everyone", everyone)
    nodes.add("Gather", ["posts_to_score", places], "of_everyone", axis=1)
    nodes.add("Sub", ["of_peers", "of_everyone"], "peers_above_everyone")
    typical = nodes.constant("typical_of_everyone", typical_post[everyone], np.float32)
    nodes.add("Add", ["peers_above_everyone", typical], "peers_if_typical")
    same = {
        "zero": 0,
        "one": 1,
        "too_old": layout.DAYS_NEW + 1,
        "typical_post_like_rate": typical_post[schema.post.index("post_like_rate")],
        "typical_post_age": typical_post[schema.post.index("post_age")],
    }
    values = nodes.constant("same_for_all", [*same.values()], np.float32)
    nodes.add("Expand", [values, "shape_of_column"], "same")
    nodes.add("Concat", ["inputs", "of_everyone", "peers_if_typical", "same"], "columns", axis=1)
    return (*schema.model, _EARLY, _LIKES, "early_if_typical", "likes_if_typical", *same)
