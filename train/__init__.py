"""From the network's tables to a published release."""

import os

# Read by OpenMP when LightGBM loads it. Its threads otherwise spin while they wait for each other,
# and where another program wants a core too, a fit takes ten times as long; alone, a tenth more.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# onnxruntime otherwise reports to its makers that it runs.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
