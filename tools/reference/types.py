"""Types of JSON Schema in words."""

from typing import Any

Schema = dict[str, Any]

_KINDS = {
    "string": "text",
    "boolean": "true or false",
    "number": "number",
    "integer": "integer",
    "object": "object",
    "null": "null",
}
_COUNTED = {"text", "number", "integer"}
_FORMATS = {"date-time": "time", "date-time-local": "time without zone", "date": "date"}


def in_words(field: Schema) -> str:
    """The type of a field, with its bounds; a part of the document is a link to its heading."""
    match field:
        case {"$ref": str(ref)}:
            name = ref.rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"anyOf": [{"format": "date-time"}, {}, *_]}:
            return "time"  # in one of several ways to write it
        case {"anyOf": choices}:
            return " or ".join(dict.fromkeys(in_words(choice) for choice in choices))
        case {"type": "array", "items": item}:
            told = in_words(item)
            return f"list of {told}s" if told in _COUNTED else f"list of {told}"
    return _plain(field)


def _plain(field: Schema) -> str:
    match field:
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
    kind = _FORMATS.get(field.get("format", ""), _KINDS[field["type"]])
    least, most = field.get("minimum"), field.get("maximum")
    if least is not None and most is not None:
        return f"{kind}, {least:g} to {most:g}"
    return kind if least is None else f"{kind} ≥ {least:g}"
