"""The client has what the API's description has, and cannot lag behind it."""

import inspect
import json
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs, urlsplit

import pytest

import lenta_client
from lenta_client import Lenta
from tests.client.conftest import Answer, Scripted
from tests.support.documents import PROJECT

DESCRIBED = json.loads((PROJECT / "docs/reference/openapi.json").read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = DESCRIBED["components"]["schemas"]
OPERATIONS = {
    call["operationId"]: (method.upper(), path, call)
    for path, methods in DESCRIBED["paths"].items()
    for method, call in methods.items()
}
ASKED, SAID_BY_ERRORS = {"RerankRequest"}, {"Problem"}
ARGUMENTS = {
    "user_id": 7,
    "post_ids": [10, 13],
    "time": datetime(2021, 10, 30, 12, tzinfo=UTC),
    "limit": 3,
    "exclude": [16, 19],
    "explain": True,
}


def _target(schema: dict[str, Any]) -> dict[str, Any]:
    found = SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return dict(found)


def _answered(call: dict[str, Any]) -> dict[str, Any]:
    return dict(call["responses"]["200"]["content"]["application/json"]["schema"])


def _kind(schema: dict[str, Any]) -> object:
    """The type that the client should have for a schema."""
    if "$ref" in schema:
        return getattr(lenta_client, schema["$ref"].rpartition("/")[2])
    if schema["type"] == "array":
        return tuple[_kind(schema["items"]), ...]  # type: ignore[misc] # known when it runs
    if allowed := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return Literal[tuple(allowed)]
    if str(schema.get("format", "")).startswith("date-time"):
        return datetime
    return {"integer": int, "number": float, "string": str}[schema["type"]]


def _example(schema: dict[str, Any]) -> Any:
    """An answer with all its fields."""
    schema = _target(schema)
    if schema["type"] == "object":
        return {name: _example(part) for name, part in schema["properties"].items()}
    if schema["type"] == "array":
        return [_example(schema["items"])]
    if allowed := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return allowed[0]
    if str(schema.get("format", "")).startswith("date-time"):
        return "2021-10-30T12:00:00"
    return {"integer": 7, "number": -0.5, "string": "text"}[schema["type"]]


def _plain(value: object) -> Any:
    """The client's result as the JSON that it was read from."""
    if is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _public(kind: type) -> Iterator[str]:
    return (name for name in vars(kind) if not name.startswith("_"))


@pytest.mark.parametrize("name", sorted(set(SCHEMAS) - ASKED - SAID_BY_ERRORS))
def test_a_result_has_every_field_of_its_schema_and_no_other(name: str) -> None:
    made = getattr(lenta_client, name)
    assert get_type_hints(made) == {
        field: _kind(schema) for field, schema in SCHEMAS[name]["properties"].items()
    }
    optional = {part.name for part in fields(made) if part.default is not MISSING}
    described = set(SCHEMAS[name]["properties"]) - set(SCHEMAS[name]["required"])
    assert optional <= described


def test_every_operation_is_a_method_and_there_is_no_other() -> None:
    assert set(_public(Lenta)) == {*OPERATIONS, "authorized", "close"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_method_sends_every_parameter_and_gives_all_that_is_answered(
    operation: str, scripted: Scripted
) -> None:
    method, path, call = OPERATIONS[operation]
    example = _example(_answered(call))
    scripted.answers = [Answer(200, json.dumps(example).encode())]
    with Lenta(scripted.url) as lenta:
        bound = getattr(lenta, operation)
        names = inspect.signature(bound).parameters
        result = bound(**{name: ARGUMENTS[name] for name in names})
    assert _plain(result) == example

    [asked] = scripted.asked
    sent = urlsplit(asked.path)
    assert (asked.method, sent.path) == (method, path)
    assert set(parse_qs(sent.query)) == {one["name"] for one in call.get("parameters", [])}
    body = call.get("requestBody")
    if body is None:
        assert asked.body == b""
    else:
        schema = _target(body["content"]["application/json"]["schema"])
        assert set(json.loads(asked.body)) == set(schema["properties"])


def test_a_field_that_a_newer_api_has_added_is_passed_over(scripted: Scripted) -> None:
    health = _example(_answered(OPERATIONS["healthz"][2]))
    scripted.answers = [Answer(200, json.dumps(health | {"region": "north"}).encode())]
    with Lenta(scripted.url) as lenta:
        assert _plain(lenta.healthz()) == health


def test_literals_are_compared_by_what_they_allow() -> None:
    # What the first test rests on.
    assert Literal["a", "b"] != Literal["a"]
    assert get_origin(_kind(SCHEMAS["Reason"]["properties"]["reason"])) is Literal
    assert "new" in get_args(_kind(SCHEMAS["Reason"]["properties"]["reason"]))
