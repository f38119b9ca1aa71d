"""The function: answers from a release."""

import os

# onnxruntime otherwise reports to its makers that it runs, from each cold start.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# pydantic otherwise reads what is installed, in search of plugins: 12 ms of each cold start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
