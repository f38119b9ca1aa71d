"""The JSON files of a store: their JSON Schemas, and pages that show them."""

import json
import re
from collections.abc import Iterator

from artifacts.channel import Channel
from artifacts.document import Document, Part
from artifacts.manifest import Manifest
from tools.reference.docstrings import attributes, summary
from tools.reference.markdown import table
from tools.reference.types import Schema, in_words

_HEAD = """\
# {title}

{summary} It is `{place}` of a store: [the release format](release-format.md#layout). Made from
`artifacts/{module}` by `make reference`; for programs there is a [JSON Schema]({name}.schema.json).

Unknown fields are refused, and so are NaN and infinity. What is not required is null or empty where
it is not known, and missing where an older version of Lenta wrote the file.
"""
_DIGEST = {
    "type": "string",
    "pattern": "^[0-9a-f]{64}$",
    "description": "The sha256 of all the text before it, in hex; the last field of the file, "
    "which files of earlier versions lack.",
}


def manifest_page() -> str:
    """docs/reference/manifest.md."""
    return _page(Manifest, "manifest.py", "releases/ID/manifest.json")


def channel_page() -> str:
    """docs/reference/channel.md."""
    return _page(Channel, "channel.py", "channels/NAME.json")


def manifest_schema() -> str:
    """docs/reference/manifest.schema.json."""
    return _written(schema(Manifest))


def channel_schema() -> str:
    """docs/reference/channel.schema.json."""
    return _written(schema(Channel))


def schema(document: type[Document]) -> Schema:
    """The JSON Schema of a file as it lies in the store, with what its docstrings say."""
    whole: Schema = document.model_json_schema()
    parts = {part.__name__: part for part in _parts(Part)}
    for name, described in [(document.__name__, whole), *whole.get("$defs", {}).items()]:
        described["description"] = summary(parts[name])
        told = attributes(parts[name])
        for field, property_ in described["properties"].items():
            property_["description"] = re.sub(r"\bNone\b", "null", told[field])
    whole["properties"]["digest"] = _DIGEST
    # A file that does not name its version is refused.
    whole["required"] = ["schema_version", *whole["required"]]
    whole["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return whole


def _parts(of: type[Part]) -> Iterator[type[Part]]:
    for part in of.__subclasses__():
        yield part
        yield from _parts(part)


def _written(described: Schema) -> str:
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _page(document: type[Document], module: str, place: str) -> str:
    whole = schema(document)
    title = document.__name__
    head = _HEAD.format(
        title=f"The {title.lower()}", summary=whole["description"],
        module=module, name=title.lower(), place=place,
    )  # fmt: skip
    text = f"{head}\n{_table(whole)}"
    for name, part in whole["$defs"].items():
        text += f"\n## {name}\n\n{part['description']}\n\n{_table(part)}"
    return text


def _table(part: Schema) -> str:
    required = set(part["required"])
    rows = (
        (f"`{name}`", in_words(field), "yes" if name in required else "", field["description"])
        for name, field in part["properties"].items()
    )
    return table(("field", "type", "required", ""), rows)
