"""The generated pages say what the code says, and name every variable that it reads."""

import ast

import pytest

from tests.support.documents import PROJECT
from tools.reference import FOLDER, PAGES, settings

ROOMS = ("artifacts", "handler", "train")
OF_THE_PROCESS = {
    # Set by AWS where the function runs, and by the rooms for their libraries.
    "AWS_LAMBDA_FUNCTION_NAME",
    "ORT_DISABLE_TELEMETRY",
    "PYDANTIC_DISABLE_PLUGINS",
    "OMP_WAIT_POLICY",
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_the_code_says(page: str) -> None:
    # Pythons break the lines of a parser's help at different places.
    written = (FOLDER / page).read_text(encoding="utf-8").split()
    assert written == PAGES[page]().split(), "python -m tools.reference writes it anew"


def read_variables() -> set[str]:
    """The environment variables that the rooms read by a name that is written there."""
    calls = (
        node
        for room in ROOMS
        for path in (PROJECT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and node.args
    )
    return {
        str(call.args[0].value)
        for call in calls
        if ast.unparse(call.func) in {"environ.get", "os.environ.get"}
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_variable_that_is_read_is_described() -> None:
    found = read_variables()
    assert len(found) > 10
    page = settings()
    assert [name for name in sorted(found - OF_THE_PROCESS) if f"`{name}`" not in page] == []
