"""The feed page: whole in one answer, and nothing else may run in it."""

import base64
import hashlib
import re

import httpx
import pytest

from tests.handler.client import Client


@pytest.fixture(scope="module")
def page(small_client: Client) -> httpx.Response:
    return small_client.get("/")


def _policy(page: httpx.Response) -> dict[str, list[str]]:
    directives = page.headers["content-security-policy"].split(";")
    return {name: values for name, *values in (directive.split() for directive in directives)}


def test_the_page_is_html_of_less_than_60_kb(page: httpx.Response) -> None:
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert len(page.content) < 60_000


def test_only_its_own_script_and_style_may_run(page: httpx.Response) -> None:
    policy = _policy(page)
    for tag in ("script", "style"):
        assert len(re.findall(f"<{tag}\\b", page.text)) == 1
        inside = re.findall(f"<{tag}>(.*?)</{tag}>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert policy.pop(f"{tag}-src") == [f"'sha256-{digest}'"]
    assert policy == {
        "default-src": ["'none'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }


def test_the_browser_neither_guesses_types_nor_tells_where_it_came_from(
    page: httpx.Response,
) -> None:
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_it_needs_nothing_from_elsewhere(page: httpx.Response) -> None:
    assert re.findall(r"(?:https?:)?//[\w.]+", page.text) == []
    assert re.findall(r"\b(?:src|href|style|on\w+)\s*=\s*[\"']", page.text) == []
    assert re.findall(r"@import|url\(", page.text) == []


def test_texts_of_posts_are_never_read_as_html(page: httpx.Response) -> None:
    written = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\("
    assert re.findall(written, page.text) == []
    assert "textContent" in page.text


def test_it_asks_the_api_beside_it(page: httpx.Response, small_client: Client) -> None:
    called = re.findall(r"fetch\(`([^?`]+)", page.text)
    assert called == ["v1/recommendations"]  # relative, so that it works under a stage's path
    assert small_client.get(f"/{called[0]}?id=7").status_code == 200
