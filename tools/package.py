"""Fills a folder with the function: its libraries, trimmed, and the two rooms it is made of.

`sam build` calls it through the Makefile, with the folder as argument.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.pythons import find_python
from tools.trim import trim

PYTHON = "3.13"
"""The Python of the function's runtime, unless FUNCTION_PYTHON names another."""

_PROJECT = Path(__file__).resolve().parent.parent
_PLATFORM = "x86_64-manylinux_2_28"  # Lambda's Amazon Linux 2023 has glibc 2.34
_TASK_ROOT = "/var/task"  # where Lambda puts the function

_ROOMS = ("handler", "artifacts")
_LEFT_OUT = {
    "__pycache__": "of this machine",
    "__main__.py": "command lines: they need uvicorn and rich",
    "cli.py": "a command line",
    "display.py": "its tables",
    "requirements.*": "the libraries are there already",
}


def build(folder: Path, python: str = PYTHON) -> None:
    """Fill `folder` with the function; from the same commit the same bytes.

    Args:
        folder: made if need be; empty before.
        python: the version of the runtime, such as "3.13".
    """
    install_libraries(folder, python)
    for pattern in trim(folder):
        print(f"tools/trim.py removes {pattern}, but there is no such file", file=sys.stderr)
    for room in _ROOMS:
        shutil.copytree(_PROJECT / room, folder / room, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    precompile(folder, python)


def install_libraries(folder: Path, python: str) -> None:
    """Install handler/requirements.txt, checked against its hashes, into `folder`.

    They are wheels for Lambda's system: it does not matter what this machine runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(  # noqa: S603 - our own arguments
        [
            str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet",
            "--target", str(folder), "--no-deps", "--only-binary", ":all:", "--require-hashes",
            "--python-version", python, "--python-platform", _PLATFORM, "--link-mode", "copy",
            "-r", str(_PROJECT / "handler" / "requirements.txt"),
        ],
        check=True,
    )  # fmt: skip


def precompile(folder: Path, python: str) -> None:
    """Compile all of a function's sources, if its Python is on this machine; else say so."""
    compiler = find_python(python)
    if compiler is None:
        # It works all the same, but each cold start compiles what it imports.
        print(f"python{python} is not on this machine: the function is not precompiled")
        return
    # Files are not dated in a reproducible package, so the bytecode must not be checked by date.
    subprocess.run(  # noqa: S603 - our own arguments
        [
            str(compiler), "-m", "compileall", "-q", "-s", str(folder), "-p", _TASK_ROOT,
            "--invalidation-mode", "unchecked-hash", str(folder),
        ],
        check=True, env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip


if __name__ == "__main__":
    build(Path(sys.argv[1]), os.environ.get("FUNCTION_PYTHON", PYTHON))
