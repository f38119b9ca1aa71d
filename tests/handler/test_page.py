"""The feed page: whole in one answer, nothing else may run in it, and it can be switched off."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from typing import get_args

import httpx
import pytest

from handler.api import create_app
from handler.page import FEEDS
from handler.page.document import LANGUAGES, in_language
from handler.reasons import Code
from handler.settings import Settings
from tests.handler.client import Client
from tests.handler.conftest import Small

Texts = dict[str, dict[str, str | dict[str, str]]]
HEADERS = ("content-security-policy", "x-content-type-options", "referrer-policy")


@pytest.fixture(scope="module")
def page(small_client: Client) -> httpx.Response:
    return small_client.get("/")


@pytest.fixture(scope="module")
def texts(page: httpx.Response) -> Texts:
    (found,) = re.findall(
        '<script type="application/json" id="texts">(.*?)</script>', page.text, re.DOTALL
    )
    read: Texts = json.loads(found)
    return read


def _policy(answer: httpx.Response) -> dict[str, list[str]]:
    directives = answer.headers["content-security-policy"].split(";")
    return {name: values for name, *values in (directive.split() for directive in directives)}


def test_the_page_is_html_of_less_than_60_kb(page: httpx.Response) -> None:
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert len(page.content) < 60_000
    assert "{{" not in page.text


def test_only_its_own_script_and_style_may_run(page: httpx.Response) -> None:
    policy = _policy(page)
    for tag, opened in (("script", '<script type="module">'), ("style", "<style>")):
        (inside,) = re.findall(f"{opened}(.*?)</{tag}>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
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


def test_what_the_page_asks_is_sent_as_safely(page: httpx.Response, small_client: Client) -> None:
    feeds = small_client.get(FEEDS)
    assert feeds.headers["content-type"] == "application/json"
    assert feeds.headers["cache-control"] == "no-store"
    for name in HEADERS:
        assert feeds.headers[name] == page.headers[name]


def test_it_needs_nothing_from_elsewhere(page: httpx.Response) -> None:
    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+", page.text) == []
    assert re.findall(r"\s(?:src|href|style|on\w+)\s*=\s*[\"']", page.text) == []
    assert re.findall(r"@import|url\(", page.text) == []


def test_texts_of_posts_are_never_read_as_html(page: httpx.Response) -> None:
    written = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\("
    assert re.findall(written, page.text) == []
    assert "textContent" in page.text


def test_it_asks_the_call_beside_it(page: httpx.Response, small_client: Client) -> None:
    called = re.findall(r"fetch\(`([^?`]+)", page.text)
    assert called == [FEEDS.removeprefix("/")]  # relative, so that it works under a stage's path
    assert small_client.get(FEEDS).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"),
        ("en-GB,en;q=0.9,ru;q=0.8", "en"),
        ("de, ru;q=0.3, en;q=0.2", "ru"),
        ("de,fr;q=0.5", "en"),
        ("RU;q=0.1", "ru"),
        ("ru;q=0", "en"),
        ("ru;q=nonsense", "en"),
        (",;q=,*;q=0.5", "en"),
    ],
)
def test_it_is_in_the_language_that_the_browser_likes_best(
    small_client: Client, accepted: str, language: str
) -> None:
    answer = small_client.request("GET", "/", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in answer.text
    assert answer.text == in_language(accepted)
    assert answer.headers["vary"] == "Accept-Language"


def test_every_language_says_all_that_the_page_says(page: httpx.Response, texts: Texts) -> None:
    assert (*texts,) == LANGUAGES == ("en", "ru")
    for said in texts.values():
        assert said.keys() == texts["en"].keys()
        assert all(said.values())
        assert {*said["reasons"]} == {*get_args(Code)}
    marked = re.findall(r'data-(?:text|label)="(\w+)"', page.text)
    called = re.findall(r'say\("(\w+)"', page.text)
    assert {*marked, *called} <= {*texts["en"]}


def test_the_blanks_of_a_text_are_the_same_in_every_language(
    texts: Texts,
) -> None:
    def blanks(said: object) -> list[str]:
        return sorted(re.findall(r"\{\w+\}", str(said)))

    for key, english in texts["en"].items():
        assert blanks(texts["ru"][key]) == blanks(english), key


def test_it_can_be_switched_off(small_release: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTIFACT_STORE", str(small_release.store))
    for told, status in (("on", 200), ("off", 404)):
        monkeypatch.setenv("LENTA_PAGE", told)
        with Client(create_app(Settings.from_environment())) as client:
            assert client.get("/").status_code == status
            assert client.get(FEEDS).status_code == status
            assert client.get("/v1/recommendations", id=7).status_code == 200


@pytest.mark.parametrize("told", ["", "On", "yes", "0"])
def test_a_switch_that_is_neither_on_nor_off_is_refused(
    monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.setenv("LENTA_PAGE", told)
    with pytest.raises(ValueError, match=r"LENTA_PAGE is '.*', but must be 'on' or 'off'"):
        Settings.from_environment()


def test_no_start_reads_it() -> None:
    program = (
        "import sys, handler.app\n"
        "print([name for name in sys.modules if name.startswith('handler.page')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={"ARTIFACT_STORE": ""},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "['handler.page']\n"
