"""From opening the feed page to seeing the feeds, the function under AWS's runtime, from S3."""

import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from shutil import which
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tools.bench.cold import s3, upload
from tools.bench.subject import event, function
from tools.bench.table import Measured
from tools.runtime import Runtime, lambda_runtime, runtime_python

STARTS = 20
"""Of the function, for each row."""
AGAIN = 4
"""Times that the page is opened again while the function runs, by a browser that has nothing."""
READERS = 163_205
_OPENED = "#id=200&time=2021-10-30T20:00"

# When the first post is there, and on the screen, in milliseconds since the page was opened.
_WATCH = """
addEventListener("DOMContentLoaded", () => {
  const feed = document.querySelector("#recommended");
  new MutationObserver(() => requestAnimationFrame(() => requestAnimationFrame(() => {
    if (feed.querySelector("li:not(.blank)")) window.shownAt ??= performance.now();
  }))).observe(feed, { childList: true });
});
"""
_SHOWN = """
() => new Promise((done) => {
  const look = () => (window.shownAt ? done(window.shownAt) : setTimeout(look, 1));
  look();
})
"""
_BYTES = "() => performance.getEntriesByType('navigation')[0].decodedBodySize"


def measure() -> Measured:
    """The page opened by a browser; and the function's start with the page and without, in turn."""
    folder, version = function()
    python = runtime_python(version)
    times: dict[str, list[float]] = {}
    with s3() as environment, _chromium() as browser:
        environment["ARTIFACT_STORE"] = upload("page", READERS)
        for start in range(STARTS):
            # Each as often first: what ran before is still felt.
            for page in ("on", "off") if start % 2 else ("off", "on"):
                told = {**environment, "LENTA_PAGE": page}
                with lambda_runtime(folder, python, told) as runtime:
                    runtime.invoke(event(200))
                    init = runtime.init_milliseconds() or float("nan")
                    times.setdefault(f"init with the page {page}", []).append(init)
            with lambda_runtime(folder, python, environment) as runtime, _front(runtime) as address:
                shown, size = _open(browser, address)
                times.setdefault("feed shown, cold", []).append(shown)
                again = [_open(browser, address)[0] for _ in range(AGAIN)]
                times.setdefault("feed shown, warm", []).extend(again)
    return Measured(
        "page",
        f"The feed page of {size:,} bytes in Chromium, from S3 over HTTP, ms",
        ("", "median", "least", "most", "times"),
        tuple(
            (name, statistics.median(taken), min(taken), max(taken), len(taken))
            for name, taken in times.items()
        ),
    )


def _open(browser: Browser, address: str) -> tuple[float, int]:
    """Milliseconds until the feed is on the screen, and the bytes of the page."""
    context = browser.new_context()
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.goto(address + _OPENED)
    shown: float = page.evaluate(_SHOWN)
    size: int = page.evaluate(_BYTES)
    context.close()
    return shown, size


@contextmanager
def _chromium() -> Iterator[Browser]:
    found = which("chromium")
    if found is None:
        raise SystemExit("no browser is on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@contextmanager
def _front(runtime: Runtime) -> Iterator[str]:
    """Stands in for API Gateway: the address by which a browser reaches the function."""
    one_at_a_time = threading.Lock()

    class Front(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with one_at_a_time:
                answer = runtime.invoke(_get(self.path, dict(self.headers)))
            body = str(answer["body"]).encode()
            self.send_response(HTTPStatus(answer["statusCode"]))
            for name, value in {**answer["headers"], "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: it would name every request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def _get(target: str, headers: dict[str, str]) -> dict[str, Any]:
    parts = urlsplit(target)
    made = event(200)
    made["rawPath"] = made["requestContext"]["http"]["path"] = parts.path
    made["rawQueryString"] = parts.query
    made["headers"] = {name.lower(): value for name, value in headers.items()}
    return made
