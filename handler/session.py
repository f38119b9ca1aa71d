"""Loading a graph."""

import onnxruntime as ort

from artifacts import layout
from artifacts.errors import BrokenRelease

_ERRORS = 3
"""onnxruntime's level of them."""


def session(graph: bytes) -> ort.InferenceSession:
    """A session of one thread that runs the ranker.

    Raises:
        BrokenRelease: it cannot be loaded.
    """
    options = ort.SessionOptions()
    # More threads add up the trees in another order, and are slower for one request at a time.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # More than the basic optimizations take 1.5 ms of a cold start and save nothing later.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = _ERRORS  # it warns of inputs with a default, which is meant
    try:
        return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own for every kind of fault
        raise BrokenRelease(f"{layout.RANKER} cannot be loaded: {error}") from error
