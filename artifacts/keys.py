"""What a key may look like: the same in every store, and never a way out of a folder."""

import re

from artifacts.errors import InvalidAddress

# A leading dot is refused, and with it "." and ".."; a folder store's own files begin with one.
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")
# S3 allows 1,024 bytes; the rest is left for the store's own prefix.
_LONGEST = 512


def is_key(text: str) -> bool:
    """Whether `text` is a key: names of ASCII letters, digits, `._-`, joined by single slashes."""
    return len(text) <= _LONGEST and _KEY.fullmatch(text) is not None


def checked_key(text: str) -> str:
    """Return `text` if it is a key.

    Raises:
        InvalidAddress: it is not (empty, absolute, "..", a strange character, too long).
    """
    if not is_key(text):
        raise InvalidAddress(
            f"{text[:80]!r} is not a key: names of letters, digits and ._- joined by single "
            f"slashes, none beginning with a dot or dash, at most {_LONGEST} characters"
        )
    return text
