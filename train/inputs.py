"""The model's inputs for pairs of reader and post, made by the graph that also serves."""

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from artifacts import layout
from train.export.graph import inputs_graph
from train.export.session import session
from train.features.build import Features

_BLOCK = 100_000


def model_inputs(features: Features, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """What the trees see of the chosen pairs.

    Args:
        features: the pairs and the rows they point at.
        chosen: bool [pairs], which of them.

    Returns:
        float32 [chosen, inputs], in the order of the pairs.
    """
    graph = session(inputs_graph(features.schema, features.unknown_reader))
    which = np.flatnonzero(chosen)
    made = [
        _block(graph, features, which[start : start + _BLOCK])
        for start in range(0, len(which), _BLOCK)
    ]
    width = len(features.schema.model)
    return np.concatenate(made) if made else np.empty((0, width), np.float32)


def _block(
    graph: ort.InferenceSession, features: Features, which: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    pairs = features.pairs
    made: npt.NDArray[np.float32] = graph.run(
        ["inputs"],
        {
            layout.INPUT_READER: features.readers[pairs["reader_row"][which]],
            layout.INPUT_POSTS: features.posts[pairs["post_row"][which]],
            layout.INPUT_TIME: pairs["time"][which],
        },
    )[0]
    return made
