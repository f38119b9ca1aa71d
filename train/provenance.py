"""What made a release: the code and its libraries."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from artifacts.manifest import Code

_LIBRARIES = (
    "duckdb", "jinja2", "lightgbm", "matplotlib", "numpy", "onnx", "onnxruntime", "pyarrow",
    "scikit-learn",
)  # fmt: skip
VERSION = "0.1.0"


def code() -> Code:
    """This checkout's version and commit, the Python and the libraries that matter."""
    return Code(
        version=VERSION,
        commit=_commit(),
        python=platform.python_version(),
        libraries={name: version(name) for name in _LIBRARIES},
    )


def _commit() -> str | None:
    # A copy of the project without its history, or a machine without git, still can train.
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - whichever git the person uses
            cwd=Path(__file__).parent, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
