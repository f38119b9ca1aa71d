"""What MkDocs is told besides mkdocs.yml: pages from the root, all decisions, and Mermaid.

GitHub shows the same documents, so links among them are written as GitHub wants them. The site
fetches nothing from elsewhere: Mermaid comes from its registry when the site is built.
"""

import base64
import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
MERMAID = "mermaid@12.3.0"
INTEGRITY = (
    "4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw=="
)
"""The sha512 of the package, as `npm view` tells it."""
STYLE = """:root { --md-primary-fg-color: #a8321e; --md-primary-fg-color--dark: #7d2416; }
[data-md-color-scheme="slate"] { --md-primary-fg-color: #7d2416; --md-typeset-a-color: #ee8a73; }
[data-md-color-scheme="default"] { --md-typeset-a-color: #a8321e; }
"""
ROOT = {
    "README.md": "index.md",
    "README.ru.md": "russian.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "reporting.md",
}

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def on_config(config: Any) -> Any:  # noqa: ANN401 - MkDocs has no types here
    """Name all decisions, in order."""
    pages = sorted((PROJECT / "docs" / "decisions").glob("*.md"))
    (works,) = (part["How it works"] for part in config.nav if "How it works" in part)
    (decisions,) = (page for page in works if isinstance(page, dict) and "Decisions" in page)
    decisions["Decisions"] = [f"decisions/{page.name}" for page in pages]
    return config


def on_files(files: Any, config: Any) -> Any:  # noqa: ANN401 - the same
    """Add the pages from the root, the style, and Mermaid."""
    from mkdocs.structure.files import (  # type: ignore[import-not-found] # noqa: PLC0415 - in .venv-docs alone
        File,
    )

    for name, page in ROOT.items():
        text = (PROJECT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_LINK.sub(_from_root, text)))
    files.append(File.generated(config, "assets/site.css", content=STYLE))
    files.append(File.generated(config, "assets/mermaid.min.js", content=_mermaid()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:  # noqa: ANN401 - the same
    """Of links out of the documents, which the site does not have, the text alone stays."""
    folder = (PROJECT / "docs" / page.file.src_uri).parent

    def kept(found: re.Match[str]) -> str:
        target = found[3].partition("#")[0]
        if ":" in target or not target or page.file.src_uri in ROOT.values():
            return found[0]
        return found[0] if _is_document(folder / target) else found[2]

    return _LINK.sub(kept, markdown)


def _from_root(found: re.Match[str]) -> str:
    """A link of a page at the root, as it leads on in the site."""
    target, hash_, anchor = found[3].partition("#")
    if ":" in target:
        return found[0]
    if target in ROOT:
        return f"[{found[2]}]({ROOT[target]}{hash_}{anchor})"
    if target.startswith("docs/") and _is_document(PROJECT / target):
        return f"{found[1]}[{found[2]}]({target.removeprefix('docs/')}{hash_}{anchor})"
    return found[2]


def _is_document(path: Path) -> bool:
    return path.is_file() and path.resolve().is_relative_to(PROJECT / "docs")


def _mermaid() -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit(f"npm is needed, to fetch {MERMAID} for the diagrams")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "pack", "--silent", MERMAID], cwd=folder, check=True)  # noqa: S603 - constants
        (package,) = Path(folder).iterdir()
        packed = package.read_bytes()
    if base64.b64encode(hashlib.sha512(packed).digest()).decode() != INTEGRITY:
        raise SystemExit(f"{MERMAID} is not the package that it was")
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        member = archive.extractfile("package/dist/mermaid.min.js")
        if member is None:
            raise SystemExit(f"{MERMAID} holds no mermaid.min.js")
        return member.read()
