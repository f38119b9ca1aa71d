"""The page as it is sent: all its files in one, for each request may start another function."""

import base64
import hashlib
import json
import re
from importlib.resources import files


def _read(name: str) -> str:
    return files("handler.page").joinpath(name).read_text(encoding="utf-8")


_STYLE, _TEXTS = _read("page.css"), _read("texts.json")
_SCRIPT = _read("drawing.js") + _read("page.js")
_HTML = (
    _read("index.html")
    .replace("{{style}}", _STYLE)
    .replace("{{script}}", _SCRIPT)
    .replace("{{texts}}", _TEXTS)
)

LANGUAGES: tuple[str, ...] = tuple(json.loads(_TEXTS))
"""Those that the page speaks; the first where a browser wants none of them."""

_WEIGHTED = re.compile(r"\s*([a-z]+)[a-z0-9-]*\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*", re.IGNORECASE)


def in_language(accepted: str) -> str:
    """The page in the language that a browser likes best of those that it speaks.

    Args:
        accepted: the header Accept-Language.
    """
    return _HTML.replace("{{language}}", _preferred(accepted))


def _preferred(accepted: str) -> str:
    weights: dict[str, float] = {}
    for part in accepted.split(","):
        if found := _WEIGHTED.fullmatch(part):
            name, weight = found[1].lower(), float(found[2] or 1)
            weights[name] = max(weight, weights.get(name, 0.0))
    return max(LANGUAGES, key=lambda language: weights.get(language, 0.0))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


HEADERS = {
    # Only the script and the style that are in the files may run, whatever a post's text holds.
    "Content-Security-Policy": (
        f"default-src 'none'; script-src {_hash(_SCRIPT)}; style-src {_hash(_STYLE)}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Sent with the page, and with what it asks."""
