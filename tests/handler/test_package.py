"""What the built function holds and what it does not, and that nobody misses what was removed."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lambda_runtime import PROJECT
from tools import package
from tools.pythons import find_python
from tools.trim import trim

pytestmark = pytest.mark.slow

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LAMBDAS_LIMIT = 250 * 2**20

# As Lambda sets it.
ENVIRONMENT = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}

OF_THE_PAGE = {".html", ".css", ".js", ".json"}
NEEDED = {
    "annotated_doc", "annotated_types", "anyio", "arro3", "artifacts", "aws_lambda_powertools",
    "fastapi", "handler", "jmespath", "mangum", "numpy", "obstore", "onnxruntime",
    "opentelemetry",
    "pydantic", "pydantic_core", "starlette", "typing_extensions", "typing_inspection",
}  # fmt: skip
"""Whoever adds to it lengthens every cold start."""

IMPORTED = """
import sys
sys.path.insert(0, sys.argv[1])
import handler.app
from artifacts.stores import open_store
open_store("s3://bucket")
for name, module in sys.modules.items():
    print(name, getattr(module, "__cached__", None) or "", sep="|")
"""


# https://www.rfc-editor.org/rfc/rfc8032#section-7.1, test 2
VERIFIED = """
import sys
sys.path.insert(0, sys.argv[1])
from artifacts.signature import is_by_any
key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
signature = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
print([is_by_any((key,), signature, data) for data in (b"r", b"s", b"")])
"""


@pytest.fixture(scope="module")
def imported(built_function: Path, function_version: str) -> dict[str, str]:
    """The modules that come with the function, and where the bytecode of each is looked for."""
    lines = _run(function_version, IMPORTED, built_function).splitlines()
    return dict(line.split("|") for line in lines)


def test_the_function_fits_into_lambda(built_function: Path) -> None:
    size = sum(path.stat().st_size for path in _files(built_function))

    print(f"unzipped: {size / 2**20:.1f} MiB")
    assert size < LAMBDAS_LIMIT


def test_the_function_holds_its_two_rooms_and_the_locked_libraries_only(
    built_function: Path,
) -> None:
    top = {path.name for path in built_function.iterdir()}
    locked = (PROJECT / "handler" / "requirements.txt").read_text(encoding="utf-8")
    installed = {path.stem.partition("-")[0] for path in built_function.glob("*.dist-info")}

    assert {"handler", "artifacts"} <= top
    assert top.isdisjoint({"train", "tools", "tests", "rich", "uvicorn", "bin", ".lock"})
    assert {name.replace("_", "-") for name in installed} <= set(
        re.findall(r"^([a-z0-9-]+)==", locked, re.MULTILINE)
    )


def test_the_command_lines_stay_at_home(built_function: Path) -> None:
    ours = {
        path.relative_to(built_function).as_posix()
        for room in ("handler", "artifacts")
        for path in _files(built_function / room)
    }

    assert {"handler/app.py", "handler/page/index.html", "artifacts/stores/s3.py"} <= ours
    assert ours.isdisjoint({"handler/__main__.py", "artifacts/__main__.py", "artifacts/cli.py"})
    # The keys that are trusted, if somebody has put them there.
    assert {Path(path).suffix for path in ours} - {".pem"} == {".py", ".pyc", *OF_THE_PAGE}


def test_every_library_keeps_its_name_and_its_licence(built_function: Path) -> None:
    for info in built_function.glob("*.dist-info"):
        metadata = (info / "METADATA").read_text(encoding="utf-8")
        # onnxruntime's licence lies beside its code.
        package_folder = built_function / info.name.partition("-")[0]
        licences = [*info.rglob("LICEN*"), *package_folder.glob("LICEN*")]
        # Those of Rust's are in no file of their wheels.
        in_rust = info.name.startswith(("obstore-", "arro3_"))
        named = in_rust and "License :: OSI Approved :: MIT" in metadata
        assert licences or named, info.name


def test_importing_the_function_imports_nothing_heavy(imported: dict[str, str]) -> None:
    heavy = {"pandas", "sklearn", "lightgbm", "onnx", "duckdb", "psycopg2", "uvicorn", "rich"}
    heavy |= {"boto3", "botocore", "pyarrow"}

    assert {"handler.app", "onnxruntime", "arro3.io", "obstore"} <= imported.keys()
    assert imported.keys().isdisjoint(heavy)


def test_importing_the_function_imports_what_it_needs_and_no_more(
    imported: dict[str, str], built_function: Path
) -> None:
    ours = {name for name, place in imported.items() if place.startswith(str(built_function))}

    assert {name.partition(".")[0] for name in ours} == NEEDED


def test_what_is_left_of_its_libraries_verifies_signatures(
    built_function: Path, function_version: str
) -> None:
    assert _run(function_version, VERIFIED, built_function) == "[True, False, False]\n"


def test_all_that_is_imported_is_compiled(imported: dict[str, str], built_function: Path) -> None:
    bytecode = [Path(path) for path in imported.values() if path.startswith(str(built_function))]

    assert built_function / "handler" / "__pycache__" in {path.parent for path in bytecode}
    assert [path for path in bytecode if not path.is_file()] == []


def test_tracebacks_name_files_where_lambda_puts_them(built_function: Path) -> None:
    (compiled,) = (built_function / "handler" / "__pycache__").glob("app.*.pyc")

    assert b"/var/task/handler/app.py" in compiled.read_bytes()
    assert str(built_function).encode() not in compiled.read_bytes()


def test_the_same_commit_makes_the_same_bytes(
    built_function: Path, function_version: str, tmp_path: Path
) -> None:
    package.build(tmp_path / "again", function_version)

    assert _digests(tmp_path / "again") == _digests(built_function)


def test_every_pattern_of_the_trim_list_still_finds_something(
    function_version: str, tmp_path: Path
) -> None:
    package.install_libraries(tmp_path, function_version)

    assert trim(tmp_path) == []


def test_without_its_python_on_this_machine_the_function_is_built_but_not_compiled(
    tmp_path: Path,
) -> None:
    nowhere = str(tmp_path / "nowhere")

    built = subprocess.run(
        [sys.executable, "-m", "tools.package", str(tmp_path / "function")],
        cwd=PROJECT, env={**os.environ, "PATH": nowhere, "PYENV_ROOT": nowhere},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "python3.13 is not on this machine: the function is not precompiled" in built.stdout
    assert (tmp_path / "function" / "handler" / "app.py").is_file()
    assert list((tmp_path / "function").rglob("*.pyc")) == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _files(folder)
    }


def _run(version: str, program: str, function: Path) -> str:
    """What a program prints where Python has nothing but its standard library and the function."""
    python = find_python(version)
    done = subprocess.run(
        [str(python), "-ISB", "-c", program, str(function)],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
