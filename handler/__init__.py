"""The function: answers from a release."""

import os

# onnxruntime otherwise reports to its makers that it runs, from each cold start.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
