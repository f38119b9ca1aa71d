"""What is made from the code, by file."""

from collections.abc import Callable
from pathlib import Path

from handler import openapi
from tools.reference import api, command_lines, documents, environment

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


def _api() -> str:
    return api.with_tables((FOLDER / "api.md").read_text(encoding="utf-8"))


PAGES: dict[str, Callable[[], str]] = {
    "api.md": _api,
    "channel.md": documents.channel_page,
    "channel.schema.json": documents.channel_schema,
    "cli.md": command_lines.page,
    "manifest.md": documents.manifest_page,
    "manifest.schema.json": documents.manifest_schema,
    "openapi.json": openapi.description,
    "settings.md": environment.page,
}
"""The text of each file of docs/reference/, as the code has it now."""
