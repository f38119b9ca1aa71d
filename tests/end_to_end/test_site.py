"""`make docs` builds a site of all documents, in which every link leads on."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.documents import DOCUMENTS, PROJECT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built strictly: a broken link or a page in no menu ends it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on this machine")
    subprocess.run(["make", "--silent", "docs"], cwd=PROJECT, check=True, timeout=300)
    return PROJECT / "build" / "site"


def test_every_document_is_a_page(site: Path) -> None:
    documents = [path for path in DOCUMENTS if path.parent != PROJECT]
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    expected = {
        path.relative_to(PROJECT / "docs").with_suffix(".html").as_posix() for path in documents
    }
    assert expected < pages
    assert {"index.html", "russian.html", "contributing.html", "changelog.html"} < pages


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    loaded = re.compile(
        r"""<(?:script|img|iframe|link(?! rel="canonical"))[^>]*(?:src|href)="?(?:https?:)?//"""
    )
    assert [page for page in site.rglob("*.html") if loaded.search(page.read_text("utf-8"))] == []
    assert (site / "assets" / "mermaid.min.js").stat().st_size > 1_000_000
