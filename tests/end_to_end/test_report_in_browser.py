"""The report of a release opens in a browser without a network, on any screen, for anyone.

`pytest --basetemp FOLDER` says where its pictures go.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from artifacts import layout
from tests.support.browser import DESKTOP, NARROW, PHONE, WIDER_THAN_THE_SCREEN, opened_alone
from tests.support.releases import DAYS, POSTS, READERS, Trained
from train import demo_data
from train.progress import Silent
from train.run import run
from train.settings import RunSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a release that follows one of other readers and posts."""
    folder = tmp_path_factory.mktemp("report")
    store = shutil.copytree(trained.store, folder / "store")
    source = folder / "source"
    demo_data.write(str(source), users=READERS, posts=POSTS, days=DAYS, seed=2)
    release = run(RunSettings(str(source), str(store)), Silent()).manifest.release
    page = folder / "alone" / layout.REPORT
    page.parent.mkdir()
    shutil.copy(store / "releases" / release / layout.REPORT, page)
    return page


@pytest.fixture(params=[("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", NARROW)])
def opened(request: pytest.FixtureRequest, chromium: Browser, report: Path) -> Iterator[Page]:
    """The report in a browser without a network; every complaint of the browser is an error."""
    with opened_alone(chromium, report, *request.param) as page:
        yield page


def test_it_fits_the_screen(opened: Page, tmp_path: Path) -> None:
    opened.screenshot(path=tmp_path / "first.png")
    opened.screenshot(path=tmp_path / "whole.png", full_page=True)
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.evaluate(WIDER_THAN_THE_SCREEN) == []


def test_it_is_accessible_with_all_its_details_open(opened: Page) -> None:
    opened.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    found = Axe().run(opened)
    assert found.violations_count == 0, found.generate_report()


def test_its_figures_are_drawn_in_the_colours_of_the_scheme(opened: Page) -> None:
    assert opened.locator("svg").count() == 17
    for figure in opened.locator("svg").all():
        box = figure.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 50
    assert opened.get_by_role("img", name="HitRate@5 of every ranking").is_visible()
    colours = "[...document.querySelectorAll('svg text')].map(text => getComputedStyle(text).fill)"
    ink = opened.evaluate("getComputedStyle(document.body).color")
    assert ink in opened.evaluate(colours)


def test_its_links_lead_to_its_sections(opened: Page) -> None:
    for link in opened.get_by_role("navigation").get_by_role("link").all():
        target = link.get_attribute("href")
        assert target is not None
        link.click()
        assert opened.locator(target).is_visible()


def test_a_text_is_read_to_its_end_without_a_script(opened: Page) -> None:
    post = opened.locator(".feed details").first
    rest = post.locator("p")
    assert not rest.is_visible()
    post.locator("summary").click()
    assert rest.is_visible()


def test_the_drift_from_the_parent_is_told(opened: Page, trained: Trained) -> None:
    drift = opened.locator("#drift")
    assert drift.get_by_text(f"Since the parent, release {trained.manifest.release}").is_visible()
    rows = drift.get_by_role("row").all_inner_texts()
    assert len(rows) > 10
