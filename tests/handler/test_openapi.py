"""The API's description."""

from pathlib import Path
from typing import Any

import pytest

from handler.api import create_app
from handler.openapi import description
from handler.settings import Settings

FAILURES = ("401", "403", "422", "503")
COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return create_app(Settings(store="")).openapi()


def test_it_is_as_committed() -> None:
    renew = "python -m handler.openapi > docs/reference/openapi.json"
    assert description() == COMMITTED.read_text(encoding="utf-8"), f"after a change: {renew}"


def test_it_names_every_call(described: dict[str, Any]) -> None:
    calls = {(method, path) for path, methods in described["paths"].items() for method in methods}
    assert calls == {
        ("get", "/post/recommendations/"),
        ("get", "/v1/recommendations"),
        ("post", "/v1/rerank"),
        ("get", "/healthz"),
    }


def test_every_call_says_how_it_may_fail(described: dict[str, Any]) -> None:
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in described["paths"].values():
        for call in methods.values():
            assert call["description"]
            assert {*call["responses"]} == {"200", *FAILURES}
            assert all(call["responses"][status]["content"] == problem for status in FAILURES)


def test_it_describes_nothing_that_is_never_answered(described: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in described["components"]["schemas"]
