"""Nothing that the function reads can run as code: what ruff's rules do not see of it.

Ruff forbids pickle, marshal, shelve, dill, eval, exec and yaml's loaders where it is not silenced.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import PROJECT

SOURCES = [
    path
    for room in ("handler", "artifacts")
    for path in (PROJECT / room).rglob("*.py")
    if path.name != "__main__.py"  # a command line, which the function does not ship
]

FORBIDDEN = {
    # loaders whose files name what to call
    "pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal",
    "shelve", "skops", "torch", "yaml", "numpy.lib.format", "xmlrpc",
    # ways to run what is no code of ours
    "code", "codeop", "ctypes", "cffi", "imp", "multiprocessing", "pty", "runpy", "subprocess",
    "zipimport",
}  # fmt: skip
BUILTINS = {"__import__", "compile", "eval", "exec"}
METHODS = {
    "exec_module", "import_module", "load_module", "popen", "read_pickle",
    "register_custom_ops_library", "spec_from_file_location", "system",
}  # fmt: skip
NUMPY = {"load", "loads", "fromfile", "memmap", "loadtxt", "genfromtxt"}
"""Those that unpickle or read files: arrays come from Parquet alone."""
SILENCED = re.compile(r"noqa: .*\bS(102|30[12478]|40[34]|506|60[2-9])\b|noqa\s*$")


def sins(tree: ast.AST) -> Iterator[str]:
    """What of a module could execute data."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if is_forbidden(name.name))
            case ast.ImportFrom(module=str(module), names=names):
                whole = [module, *(f"{module}.{name.name}" for name in names)]
                yield from (name for name in whole if is_forbidden(name))
            case ast.Call(func=ast.Name(id=name)) if name in BUILTINS:
                yield name
            case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name) if name in NUMPY:
                yield f"numpy.{name}"
            case ast.Attribute(attr=name) if name in METHODS:
                yield name


def is_forbidden(module: str) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:end]) in FORBIDDEN for end in range(1, len(parts) + 1))


@pytest.mark.parametrize(
    "code",
    [
        "import joblib", "import os, pickle as p", "from cloudpickle import loads",
        "from numpy.lib import format", "import yaml.loader", "eval('1')",
        "compile('1', '', 'eval')",
        "np.load(file, allow_pickle=True)", "os.system('ls')", "importlib.import_module(name)",
        "options.register_custom_ops_library(path)", "if True:\n    def f(): import subprocess",
    ],
)  # fmt: skip
def test_a_sin_would_be_found(code: str) -> None:
    assert list(sins(ast.parse(code)))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_nothing_executes_data(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert list(sins(ast.parse(text))) == []
    assert [line for line in text.splitlines() if SILENCED.search(line)] == []


def test_no_library_of_the_function_is_there_to_load_code() -> None:
    locked = (PROJECT / "handler" / "requirements.txt").read_text(encoding="utf-8")
    names = set(re.findall(r"^([a-z0-9-]+)==", locked, re.MULTILINE))
    assert len(names) > 20
    assert names.isdisjoint(
        {"cloudpickle", "dill", "joblib", "jsonpickle", "pyyaml", "scikit-learn", "skops", "torch"}
    )
