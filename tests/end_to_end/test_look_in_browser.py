"""The page of `train inspect` opens in a browser without a network, on any screen, for anyone.

`pytest --basetemp FOLDER` says where its pictures go; the first look.png is docs/images/look.png.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.browser import DESKTOP, NARROW, PHONE, WIDER_THAN_THE_SCREEN, opened_alone
from train import cli

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def look(demo_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a small network."""
    page = tmp_path_factory.mktemp("look") / "look.html"
    assert cli.main(["inspect", "--source", str(demo_source), "--html", str(page)]) == cli.OK
    return page


@pytest.fixture(params=[("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", NARROW)])
def opened(request: pytest.FixtureRequest, chromium: Browser, look: Path) -> Iterator[Page]:
    """The page in a browser without a network; every complaint of the browser is an error."""
    with opened_alone(chromium, look, *request.param) as page:
        yield page


def test_it_fits_the_screen(opened: Page, tmp_path: Path) -> None:
    opened.screenshot(path=tmp_path / "whole.png", full_page=True)
    opened.evaluate("document.querySelector('#likes').scrollIntoView({behavior: 'instant'})")
    opened.screenshot(path=tmp_path / "look.png")
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.evaluate(WIDER_THAN_THE_SCREEN) == []


def test_it_is_accessible_with_all_its_details_open(opened: Page) -> None:
    opened.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    found = Axe().run(opened)
    assert found.violations_count == 0, found.generate_report()


def test_its_links_lead_to_its_sections(opened: Page) -> None:
    for link in opened.get_by_role("navigation").get_by_role("link").all():
        target = link.get_attribute("href")
        assert target is not None
        link.click()
        assert opened.locator(target).is_visible()


def test_the_numbers_of_a_figure_are_behind_it(opened: Page) -> None:
    part = opened.locator("#likes > details")
    row = part.get_by_role("row").filter(has_text="20:00")
    assert not row.is_visible()
    part.locator("summary").click()
    assert row.is_visible()


def test_the_heat_map_has_more_than_one_shade(opened: Page) -> None:
    colour = "cell => getComputedStyle(cell).backgroundColor"
    shades = opened.evaluate(f"[...document.querySelectorAll('.shade')].map({colour})")
    assert len(shades) > 20
    assert len(set(shades)) > 10
