"""The feed page: one HTML file without any external asset."""

import base64
import hashlib
import re
from importlib.resources import files

HTML = files("handler").joinpath("templates", "feed.html").read_text(encoding="utf-8")
"""The whole page; its script asks the API for the feed."""


def _hashes(tag: str) -> str:
    # Only the script and the style that are in the file may run, whatever a post's text holds.
    found = re.findall(f"<{tag}>(.*?)</{tag}>", HTML, re.DOTALL)
    digests = (hashlib.sha256(text.encode()).digest() for text in found)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src {_hashes('script')}; style-src {_hashes('style')}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Sent with the page."""
