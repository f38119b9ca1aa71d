"""The room is shipped in the function, where every import is paid for at each cold start."""

import subprocess
import sys

LIGHT = """
import sys
import artifacts.channel, artifacts.publish, artifacts.release
from artifacts.stores import open_store
open_store("/tmp")
heavy = {"boto3", "botocore", "obstore", "rich", "numpy", "pandas", "pyarrow", "onnxruntime"}
heavy |= {"lightgbm"}
print(sorted(heavy & set(sys.modules)))
"""


def test_nothing_heavy_is_imported_for_a_folder() -> None:
    run = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
