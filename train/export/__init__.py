"""The model as one ONNX graph, and the tables it ranks, as the files of a release."""
