"""docs/reference/stack.md: every parameter with its default, and every assertion of these tests."""

import ast
from pathlib import Path

import pytest

from tests.support.documents import PROJECT
from tests.support.stack import Stack

REFERENCE = (PROJECT / "docs" / "reference" / "stack.md").read_text(encoding="utf-8")
SUBJECTS = {
    "api": "the API",
    "function": "the function",
    "bucket": "the bucket",
    "roles": "rights",
    "alarms": "alarms",
    "template": "the template",
}


def assertions() -> str:
    """The rows of the table of assertions: the names of the tests."""
    rows = ""
    for name, subject in SUBJECTS.items():
        source = (Path(__file__).parent / f"test_{name}.py").read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                said = node.name.removeprefix("test_").replace("_", " ")
                rows += f"| {subject} | {said} |\n"
    return rows


def test_it_lists_all_that_is_asserted_of_the_template() -> None:
    assert assertions() in REFERENCE, f"docs/reference/stack.md lacks:\n{assertions()}"


@pytest.mark.slow
def test_it_lists_every_parameter_with_its_default(default: Stack) -> None:
    for name, parameter in default.parameters.items():
        assert f"| `{name}` | {parameter['Default'] or '—'} |" in REFERENCE, name
