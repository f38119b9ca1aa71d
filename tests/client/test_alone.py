"""The client needs nothing of the project, and nothing of AWS unless calls are signed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documents import PROJECT

PROGRAM = """
import sys
from lenta_client import Lenta, LentaError
print(sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[1:])))
"""


def test_its_folder_can_be_copied_to_another_project(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "client" / "lenta_client", tmp_path / "lenta_client")
    others = ["artifacts", "handler", "train", "tools", "botocore", "boto3", "pydantic"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *others],
        cwd=tmp_path, env={}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_it_can_be_installed_with_its_types(tmp_path: Path) -> None:
    uv = Path(sys.prefix) / "bin" / "uv"
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--target", tmp_path, PROJECT / "client"], check=True
    )
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "handler"],
        cwd=tmp_path, env={}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"
    assert (tmp_path / "lenta_client" / "py.typed").exists()
