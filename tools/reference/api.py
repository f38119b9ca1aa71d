"""The tables of the API's page, from its OpenAPI document; all else there is written by hand.

A table stands between `<!-- parameters of get /path -->`, or `body` or `answer`, and
`<!-- end -->`.
"""

import re
from collections.abc import Iterator

from handler.api import create_app
from handler.settings import Settings
from tools.reference.markdown import table
from tools.reference.types import Schema, in_words

_TABLE = re.compile(r"(<!-- (parameters|body|answer) of (\w+) (\S+) -->\n)(?:.*\n)*?(<!-- end -->)")
_JSON = "application/json"


def with_tables(page: str) -> str:
    """docs/reference/api.md with its tables as the code has them."""
    described = create_app(Settings(store="")).openapi()
    parts = described["components"]["schemas"]

    def replaced(found: re.Match[str]) -> str:
        begin, what, method, path, end = found.groups()
        return f"{begin}\n{_table(what, described['paths'][path][method], parts)}\n{end}"

    return _TABLE.sub(replaced, page)


def _table(what: str, call: Schema, parts: Schema) -> str:
    match what:
        case "parameters":
            rows = [_asked(parameter) for parameter in call["parameters"]]
            return table(("parameter", "type", "default", ""), rows)
        case "body":
            body = _resolved(call["requestBody"]["content"][_JSON]["schema"], parts)
            required = set(body["required"])
            fields = body["properties"].items()
            rows = [_asked(_parameter(name, field, required)) for name, field in fields]
            return table(("field", "type", "default", ""), rows)
        case _:
            answer = call["responses"]["200"]["content"][_JSON]["schema"]
            return table(("field", "type", ""), _answered("", answer, parts))


def _parameter(name: str, field: Schema, required: set[str]) -> Schema:
    return {
        "name": name,
        "required": name in required,
        "schema": field,
        "description": field["description"],
    }


def _asked(parameter: Schema) -> tuple[str, ...]:
    schema = parameter["schema"]
    default = schema.get("default")
    shown = "required" if parameter["required"] else _default(default)
    return f"`{parameter['name']}`", in_words(schema), shown, parameter["description"]


def _default(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None | []:
            return "—"
        case _:
            return str(value)


def _answered(prefix: str, schema: Schema, parts: Schema) -> Iterator[tuple[str, ...]]:
    """The fields of an answer; those of what it holds are written `list[].field`."""
    schema = _resolved(schema, parts)
    if schema.get("type") == "array":
        yield from _answered(f"{prefix}[].", schema["items"], parts)
        return
    for name, field in schema["properties"].items():
        is_of_parts = field.get("type") == "array" and "$ref" in field["items"]
        kind = "list" if is_of_parts else in_words(field)
        yield f"`{prefix}{name}`", kind, field["description"]
        if is_of_parts:
            yield from _answered(f"{prefix}{name}", field, parts)


def _resolved(schema: Schema, parts: Schema) -> Schema:
    found: Schema = parts[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found
