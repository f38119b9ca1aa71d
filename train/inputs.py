"""The model's inputs for pairs of reader and post, made by the graph that also serves."""

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from artifacts import layout
from train.export.graph import inputs_graph
from train.export.session import session
from train.features.rows import Features

_BLOCK = 100_000


def model_inputs(features: Features) -> npt.NDArray[np.float32]:
    """What the trees see: float32 [pairs, inputs]."""
    graph = session(inputs_graph(features.schema, features.unknown_reader))
    count = len(features.pairs["time"])
    made = np.empty((count, len(features.schema.model)), np.float32)
    for start in range(0, count, _BLOCK):
        block = slice(start, start + _BLOCK)
        made[block] = _block(graph, features, block)
    return made


def _block(
    graph: ort.InferenceSession, features: Features, block: slice
) -> npt.NDArray[np.float32]:
    pairs = features.pairs
    made: npt.NDArray[np.float32] = graph.run(
        ["inputs"],
        {
            layout.INPUT_READER: features.readers[pairs["reader_row"][block]],
            layout.INPUT_POSTS: features.posts[pairs["post_row"][block]],
            layout.INPUT_TIME: pairs["time"][block],
        },
    )[0]
    return made
