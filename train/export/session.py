"""Running graphs while training, the way the function runs them."""

import onnx
import onnxruntime as ort

_ERRORS = 3
"""onnxruntime's level of them."""


def session(model: onnx.ModelProto) -> ort.InferenceSession:
    """A session of one thread: more would add up the trees in another order."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = _ERRORS  # it warns of inputs with a default, which is meant
    return ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
