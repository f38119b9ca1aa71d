"""The pages at the root and docs/ as the tests read them: fenced blocks, headings and links."""

import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(PROJECT.glob("*.md")), *sorted((PROJECT / "docs").rglob("*.md"))]

_FENCED = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`]*`")


@dataclass(frozen=True)
class Block:
    """A fenced block; `language` is its info string, `place` the file and line of its fence."""

    language: str
    text: str
    place: str


def blocks(document: Path) -> list[Block]:
    """The fenced blocks of a document, in order."""
    text = document.read_text(encoding="utf-8")
    name = document.relative_to(PROJECT)
    return [
        Block(found[1], found[2], f"{name}:{len(text[: found.start()].splitlines()) + 1}")
        for found in _FENCED.finditer(text)
    ]


def links(document: Path) -> list[str]:
    """Where the links and images of a document point to, as written."""
    return _LINK.findall(_CODE.sub("", _prose(document)))


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub makes of the headings of a document."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(_prose(document))
    }


def _prose(document: Path) -> str:
    return _FENCED.sub("", document.read_text(encoding="utf-8"))
