"""The site of the documents: built strictly, whole, and without a word from other sites."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.support.documents import PROJECT
from tests.support.http_server import running

pytestmark = pytest.mark.slow

Build = Callable[[Path], "subprocess.CompletedProcess[str]"]

_LOADED = {"img": "src", "script": "src", "iframe": "src", "source": "src"}
"""What a browser fetches without being asked; of `link` only what is no word about the page."""
_TOLD = {"canonical", "next", "prev", "edit"}


class Page(HTMLParser):
    """What a page refers to."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.anchors |= {told[name] for name in ("id", "name") if name in told}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        elif tag == "link" and told.get("rel") not in _TOLD:
            self.loaded.append(told["href"])
        elif told.get(_LOADED.get(tag, "")):
            self.loaded.append(told[_LOADED[tag]])


@pytest.fixture(scope="module")
def build() -> Build:
    """Builds a folder with `mkdocs.yml` into its `site/`, as `make docs` does."""
    subprocess.run(["make", "--silent", ".venv-docs/ready"], cwd=PROJECT, check=True, timeout=300)
    mkdocs = PROJECT / ".venv-docs" / "bin" / "mkdocs"

    def run(folder: Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(mkdocs), "build", "--strict"],
            cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """All that the site is made of."""
    return _copy_to(tmp_path)


@pytest.fixture(scope="module")
def site(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = _copy_to(tmp_path_factory.mktemp("documents"))
    built = build(folder)
    assert built.returncode == 0, built.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {file: Page(file) for file in sorted(site.rglob("*.html")) if file.name != "404.html"}


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    handler = partial(_Quiet, directory=str(site))
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def test_every_document_is_a_page_of_it(site: Path, pages: dict[Path, Page]) -> None:
    docs = PROJECT / "docs"
    expected = {site / file.relative_to(docs).with_suffix(".html") for file in docs.rglob("*.md")}
    assert set(pages) == expected


def test_every_link_leads_to_a_page_and_a_place_that_exist(pages: dict[Path, Page]) -> None:
    wrong = [(str(file), link) for file, page in pages.items() for link in page.links]
    assert [(file, link) for file, link in wrong if not _leads_on(Path(file), link, pages)] == []


def test_no_page_loads_anything_from_another_site(pages: dict[Path, Page]) -> None:
    loaded = {address for page in pages.values() for address in page.loaded}
    assert loaded
    assert {address for address in loaded if urlsplit(address).netloc} == set()


def test_it_is_read_and_searched_without_a_call_to_another_site(
    chromium: Browser, address: str
) -> None:
    with chromium.new_context() as context:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/architecture.html")
        page.get_by_placeholder("Search").click()
        page.get_by_placeholder("Search").fill("bit for bit")
        found = page.locator(".md-search-result__link").first
        # The index is read by a worker, which other programs may keep waiting.
        expect(found).to_contain_text("bit for bit", timeout=30_000)
        assert errors == []
        assert {url for url in asked if not url.startswith((address, "blob:", "data:"))} == set()


def test_a_new_page_appears_by_itself(build: Build, copied: Path) -> None:
    (copied / "docs" / "how-to" / "be-new.md").write_text("# Be new\n\nNew.\n", encoding="utf-8")
    built = build(copied)
    assert built.returncode == 0, built.stderr
    train = Page(copied / "site" / "how-to" / "train.html")
    assert "be-new.html" in train.links


@pytest.mark.parametrize(
    "link", ["[gone](gone.md)", "[gone](train.md#gone)", "![gone](../images/gone.png)"]
)
def test_a_link_that_leads_nowhere_stops_it(build: Build, copied: Path, link: str) -> None:
    (copied / "docs" / "how-to" / "be-new.md").write_text(f"# Be new\n\n{link}\n", encoding="utf-8")
    built = build(copied)
    assert built.returncode == 1
    assert "gone" in built.stderr


def _copy_to(folder: Path) -> Path:
    shutil.copytree(PROJECT / "docs", folder / "docs")
    (folder / "tools").mkdir()
    for name in ("mkdocs.yml", "tools/site_links.py"):
        shutil.copy(PROJECT / name, folder / name)
    return folder


def _leads_on(file: Path, link: str, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme:
        return True  # another site
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return False
    return not parts.fragment or unquote(parts.fragment) in pages[target].anchors


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""
