"""The system's Chromium, for the tests of pages."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

PACKAGE = "chromium"
"""What Debian calls it."""

_PROGRAMS = (PACKAGE, "chromium-browser", "google-chrome")


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
