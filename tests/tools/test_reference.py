"""docs/reference/: what is made from the code says what the code says."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from artifacts.arguments import parser as artifacts_parser
from artifacts.channel import Channel
from artifacts.document import Document
from artifacts.manifest import Manifest
from handler.__main__ import parser as handler_parser
from tests.support.documents import PROJECT
from tests.support.releases import Trained
from tools.reference.command_lines import commands, options
from tools.reference.documents import schema
from tools.reference.pages import FOLDER, PAGES
from train.arguments import parser as train_parser

ROOMS = ("artifacts", "handler", "train")
SET_BY_OTHERS = {"AWS_LAMBDA_FUNCTION_NAME": "Lambda sets it; it names the function in the log"}

OPTIONS = [
    (f"{parser.prog} {name}".strip(), action)
    for parser in (train_parser(), artifacts_parser(), handler_parser())
    for name, command in [("", parser), *((name, command) for name, _, command in commands(parser))]
    for action in options(command)
]


@pytest.mark.parametrize("name", PAGES)
def test_it_is_as_the_code_has_it(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert PAGES[name]() == committed, "after a change: make reference"


def test_it_does_not_tell_what_the_environment_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LENTA_SOURCE", "LENTA_STORE", "LENTA_ARCHIVE"):
        monkeypatch.setenv(name, "postgresql://reader:secret@host/network")
    assert "secret" not in PAGES["cli.md"]()


def test_every_option_says_what_it_is_for() -> None:
    assert [(command, action.dest) for command, action in OPTIONS if not action.help] == []


def test_every_option_with_a_default_tells_it() -> None:
    silent = [
        (command, action.dest)
        for command, action in OPTIONS
        if action.default not in (None, False, []) and "default: " not in str(action.help)
    ]
    assert silent == []


def test_every_variable_that_is_read_is_told() -> None:
    page = PAGES["settings.md"]()
    read = {name for room in ROOMS for name in _variables_read(PROJECT / room)}
    assert {"ARTIFACT_STORE", "LENTA_SOURCE", "AWS_CA_BUNDLE"} < read
    assert {name for name in read - set(SET_BY_OTHERS) if f"| `{name}` |" not in page} == set()


@pytest.mark.parametrize("kind", [Manifest, Channel])
def test_the_schemas_are_schemas_and_tell_every_field(kind: type[Document]) -> None:
    described = schema(kind)
    Draft202012Validator.check_schema(described)
    parts = [described, *described["$defs"].values()]
    assert all(field["description"] for part in parts for field in part["properties"].values())


@pytest.mark.slow
def test_what_a_run_writes_is_as_the_schemas_say(trained: Trained) -> None:
    manifest, channel = _written_by(trained)
    Draft202012Validator(schema(Manifest)).validate(manifest)
    Draft202012Validator(schema(Channel)).validate(channel)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"release": "the newest"},
        {"files": [{"path": "ranker.onnx", "sha256": "0", "size": 1}]},
        {"unknown": 1},
        {"digest": "none"},
    ],
    ids=str,
)
def test_what_is_no_manifest_is_refused_by_its_schema(
    trained: Trained, change: dict[str, Any]
) -> None:
    manifest, _ = _written_by(trained)
    assert not Draft202012Validator(schema(Manifest)).is_valid({**manifest, **change})


def _written_by(trained: Trained) -> tuple[dict[str, Any], dict[str, Any]]:
    release = trained.store / "releases" / trained.manifest.release
    manifest = json.loads((release / "manifest.json").read_bytes())
    channel = json.loads((trained.store / "channels" / "production.json").read_bytes())
    return manifest, channel


def _variables_read(room: Path) -> Iterator[str]:
    """The names by which a room's modules ask the environment."""
    for file in sorted(room.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        texts = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=asked, attr="get"), args=[name, *_]):
                    pass
                case ast.Subscript(value=asked, slice=name):
                    pass
                case _:
                    continue
            if ast.unparse(asked) in ("environ", "os.environ"):
                found = name.value if isinstance(name, ast.Constant) else texts.get(_id(name))
                # What is no constant of the module is told where it is one.
                if isinstance(found, str):
                    yield found


def _id(name: ast.expr) -> str:
    return name.id if isinstance(name, ast.Name) else ""
