"""The system's Chromium, for the tests of pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

PACKAGE = "chromium"
"""What Debian calls it."""

_PROGRAMS = (PACKAGE, "chromium-browser", "google-chrome")

DESKTOP = ViewportSize(width=1200, height=1500)
PHONE = ViewportSize(width=390, height=844)
NARROW = ViewportSize(width=320, height=640)

WIDER_THAN_THE_SCREEN = """
() => [...document.querySelectorAll("body *")]
    .filter(element => !element.closest(".table") && !element.closest("svg"))
    .filter(element => element.getBoundingClientRect().right > window.innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 200))
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a window; none is downloaded.

    Of one module: its event loop runs until it is closed, and other tests have loops of their own.
    """
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        missing = f"no browser is on this machine: apt-get install {PACKAGE}"
        # Where the checks decide, pages are looked at or nothing is said of them.
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@contextmanager
def opened_alone(
    chromium: Browser, file: Path, scheme: Literal["dark", "light"], screen: ViewportSize
) -> Iterator[Page]:
    """A file in a browser without a network; every complaint of the browser is an error."""
    context = chromium.new_context(viewport=screen, color_scheme=scheme)
    context.set_offline(True)
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda asked: said.append(asked.url))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert said == [file.as_uri()]
