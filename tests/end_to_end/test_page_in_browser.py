"""The feed page in a browser: for anyone, on any screen, whatever the API does.

`pytest --basetemp FOLDER` says where its pictures go.
"""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pyarrow as pa
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from artifacts import experiment
from artifacts.channel import Arm
from artifacts.stores import open_store
from tests.handler import small
from tests.support.releases import Trained
from tools.postgres import free_port

pytestmark = pytest.mark.slow

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
NARROW = ViewportSize(width=320, height=640)
MARKUP = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
TIME = "2021-10-12T12:00"

WIDER_THAN_THE_SCREEN = """
() => [...document.querySelectorAll("body *")]
    .filter(element => !element.classList.contains("hidden"))
    .filter(element => element.getBoundingClientRect().right > window.innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 200))
"""

Open = Callable[..., Page]


class Served(NamedTuple):
    """A server of the page, and where it listens."""

    address: str
    process: subprocess.Popen[bytes]


@contextmanager
def served(store: Path | str, port: int | None = None) -> Iterator[Served]:
    """The page over that store, until the block ends."""
    port = port or free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "handler", "--store", str(store), "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as server:  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}/"
            for _ in range(600):
                try:
                    httpx.get(address, trust_env=False).raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield Served(address, server)
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def address(trained: Trained) -> Iterator[str]:
    with served(trained.store) as found:
        yield found.address


@pytest.fixture(scope="module")
def in_arms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page over two releases in an experiment, the texts of one of which are markup."""
    folder = tmp_path_factory.mktemp("arms") / "store"
    texts = pa.array([f"{MARKUP}\n{MARKUP * 5}" for _ in small.POSTS])
    treatment = small.put(
        folder, {"posts.parquet": small.parquet({**small.posts_columns(), "text": texts})}
    )
    small.put(folder)
    arm = Arm(name="treatment", release=treatment.release, share=0.5)
    experiment.start(open_store(str(folder)), "bigger", [arm])
    with served(folder) as found:
        yield found.address


@pytest.fixture
def browsed(chromium: Browser) -> Iterator[Open]:
    """Opens a page in a browser of its own; whatever the browser complains of is an error."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def complain(text: str, allowed: str) -> None:
        if not (allowed and re.search(allowed, text)):
            said.append(text)

    def opened(url: str, allowed: str = "", **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": DESKTOP, "locale": "en-US", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complain(str(error), allowed))
        page.on("console", lambda message: complain(message.text, allowed))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def ready(page: Page) -> Page:
    """The page when it has drawn what it asked for last."""
    expect(page.locator("#found")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".blank")).to_have_count(0)
    return page


def require_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def titles(page: Page, feed: str) -> list[str]:
    return page.locator(f"#{feed} > li").all_inner_texts()


LOOKS = [
    {"color_scheme": "light", "viewport": DESKTOP},
    {"color_scheme": "dark", "viewport": DESKTOP, "locale": "ru-RU"},
    {"color_scheme": "light", "viewport": PHONE, "locale": "ru-RU"},
    {"color_scheme": "dark", "viewport": NARROW},
]


@pytest.mark.parametrize("look", LOOKS, ids=["desktop", "dark-ru", "phone-ru", "narrow-dark"])
def test_it_fits_the_screen_and_is_accessible(
    browsed: Open, address: str, look: dict[str, Any], tmp_path: Path
) -> None:
    page = ready(browsed(address, **look))
    page.screenshot(path=tmp_path / "feed.png")
    page.screenshot(path=tmp_path / "feed-whole.png", full_page=True)
    for state in ("closed", "open"):
        if state == "open":
            page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
        require_accessible(page)


def test_the_feeds_stand_side_by_side_on_a_desktop_and_one_after_the_other_on_a_phone(
    browsed: Open, address: str
) -> None:
    page = ready(browsed(address))
    for screen, is_beside in ((DESKTOP, True), (PHONE, False)):
        page.set_viewport_size(screen)
        boxes = [page.locator(f"#{feed}").bounding_box() for feed in ("recommended", "random")]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert (boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]) is is_beside
        assert (boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]) is not is_beside


def test_it_shows_what_the_api_answers(browsed: Open, address: str) -> None:
    page = ready(browsed(f"{address}#id=203&time={TIME}&limit=3"))
    answer = httpx.get(
        f"{address}v1/recommendations", trust_env=False,
        params={"id": 203, "time": TIME, "limit": 3, "explain": True},
    ).json()  # fmt: skip
    cards = page.locator("#recommended > li")
    expect(cards).to_have_count(3)
    for card, post in zip(cards.all(), answer["recommendations"], strict=True):
        assert post["topic"] in card.inner_text()
        assert post["text"].split("\n")[0][:100] in card.inner_text()
        assert card.locator(".why li").count() == len(post["reasons"])
    status = page.get_by_role("status").inner_text()
    assert answer["release"] in status
    assert "control" in status
    assert re.search(r"in [\d.]+ ms", status)
    assert page.get_by_role("heading", name="Reader 203").is_visible()


def test_a_reload_shows_the_same(browsed: Open, address: str) -> None:
    page = ready(browsed(address))
    before = titles(page, "recommended"), titles(page, "random")
    assert all(before)
    page.reload()
    ready(page)
    assert (titles(page, "recommended"), titles(page, "random")) == before


def test_a_text_unfolds(browsed: Open, address: str) -> None:
    page = ready(browsed(address))
    text = page.locator("#recommended details").first
    rest = text.locator("p")
    assert not rest.is_visible()
    text.locator("summary").click()
    assert rest.is_visible()
    expect(text.locator("summary")).to_have_text("Less")


def test_one_goes_from_reader_to_reader(browsed: Open, address: str) -> None:
    page = ready(browsed(f"{address}#id=203"))
    page.get_by_role("button", name="The next reader").click()
    expect(page.get_by_role("heading", name="Reader 204")).to_be_visible()
    page.get_by_role("button", name="The reader before").click()
    expect(page.get_by_role("heading", name="Reader 203")).to_be_visible()
    assert "id=203" in page.url


def test_an_unknown_reader_and_one_whom_nobody_knows_get_a_feed(
    browsed: Open, address: str
) -> None:
    page = ready(browsed(f"{address}#id=99999999"))
    expect(page.get_by_role("heading", name="Reader 99999999, unknown")).to_be_visible()
    assert page.locator("#recommended > li").count() == 5
    require_accessible(page)
    page.get_by_label("A new reader").check()
    expect(page.locator("#who-title")).to_have_text("A reader nobody knows")
    assert page.locator("#recommended > li").count() == 5
    assert page.get_by_label("Reader", exact=True).is_disabled()
    assert not page.locator("#who details").is_visible()


def test_who_has_liked_everything_is_told_that_nothing_is_left(browsed: Open, in_arms: str) -> None:
    page = ready(browsed(f"{in_arms}#id={small.LIKED_EVERYTHING}"))
    assert page.get_by_text("There is no post to show").is_visible()
    assert page.locator("#recommended > li").count() == 0
    assert page.locator("#random > li").count() == 5
    require_accessible(page)


def test_it_can_be_used_by_the_keyboard_alone(browsed: Open, address: str) -> None:
    page = ready(browsed(f"{address}#id=203"))

    def tab_to(selector: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline == "solid"  # one sees where one is
                return
        raise AssertionError(f"no way to {selector}")

    tab_to("#id")
    page.keyboard.press("Control+A")
    page.keyboard.type("205")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Reader 205")).to_be_visible()
    tab_to("#limit")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#recommended > li")).to_have_count(6)
    tab_to("#recommended summary")
    page.keyboard.press("Enter")
    assert page.locator("#recommended details p").first.is_visible()


def test_the_language_and_the_light_can_be_switched_and_stay(browsed: Open, address: str) -> None:
    page = ready(browsed(address))
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    before = page.locator("#recommended h3").all_inner_texts()
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Русский").click()
    for _ in range(2):
        assert page.evaluate(paper) != light
        assert page.locator("html").get_attribute("lang") == "ru"
        assert page.get_by_role("heading", name="Рекомендации").is_visible()
        assert page.get_by_label("Следующий читатель").is_visible()
        assert page.locator("#recommended h3").all_inner_texts() == before
        page.reload()
        ready(page)
    page.get_by_role("button", name="Светлая").click()
    assert page.evaluate(paper) == light


def test_another_arm_can_be_looked_at_and_its_markup_is_text(browsed: Open, in_arms: str) -> None:
    page = ready(browsed(f"{in_arms}#id=7"))
    page.get_by_label("Arm of bigger").select_option("treatment")
    expect(page.get_by_role("status")).to_contain_text("arm treatment")
    assert page.locator("#recommended h3").first.inner_text() == MARKUP
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.title() == "Lenta"
    assert page.locator("#found script, #found img").count() == 0
    require_accessible(page)


def test_an_arm_whose_experiment_has_ended_is_let_go(browsed: Open, address: str) -> None:
    page = ready(browsed(f"{address}#id=203&arm=treatment", allowed="422"))
    assert page.get_by_role("heading", name="Reader 203").is_visible()
    assert "arm=" not in page.url
    assert not page.locator("#arm").is_visible()


def test_what_is_no_id_is_said(browsed: Open, address: str) -> None:
    page = browsed(f"{address}#id=seven", allowed="422")
    expect(page.get_by_role("alert")).to_contain_text("id: Input should be a valid integer")
    page.get_by_label("Reader", exact=True).fill("203")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Reader 203")).to_be_visible()
    assert not page.get_by_role("alert").is_visible()


def test_without_a_release_it_says_so_and_tries_again(
    browsed: Open, trained: Trained, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    with served(store) as (address, _):
        page = browsed(address, allowed="503|ERR_")
        expect(page.get_by_role("alert")).to_contain_text("nothing was ever promoted")
        require_accessible(page)
        page.get_by_role("button", name="Русский").click()
        expect(page.get_by_role("alert")).to_contain_text("API не отвечает.")
        port = int(address.split(":")[-1].strip("/"))
    page.get_by_role("button", name="Повторить").click()  # nobody listens now
    expect(page.locator("#detail")).to_be_empty()
    assert page.get_by_role("alert").is_visible()
    with served(trained.store, port):
        page.get_by_role("button", name="Повторить").click()
        expect(page.locator("#recommended > li")).to_have_count(5)
        assert not page.get_by_role("alert").is_visible()


def test_after_a_second_it_says_that_it_takes_long(browsed: Open, trained: Trained) -> None:
    with served(trained.store) as (address, process):
        page = ready(browsed(address))
        found, status = page.locator("#found"), page.get_by_role("status")
        process.send_signal(signal.SIGSTOP)
        try:
            page.get_by_role("button", name="Show", exact=True).click()
            expect(found).to_have_attribute("aria-busy", "true")
            expect(status).to_contain_text("longer than usual")
            require_accessible(page)
        finally:
            process.send_signal(signal.SIGCONT)
        expect(status).to_contain_text("answered in")
        expect(found).to_have_attribute("aria-busy", "false")


def test_a_new_reader_has_a_profile_to_choose(browsed: Open, address: str) -> None:
    page = ready(browsed(f"{address}#id=203&time={TIME}"))
    assert not page.get_by_label("Age").is_visible()
    page.get_by_label("A new reader").check()
    expect(page.locator("#who-title")).to_have_text("A reader nobody knows")
    age, gender, country = (
        page.get_by_label(name, exact=True) for name in ("Age", "Gender", "Country")
    )
    nobodys = titles(page, "recommended")
    age.select_option("19-22")  # what is left open is as with most readers then
    expect(page.locator("#who-title")).to_have_text(
        "A new reader: age 19-22, gender 0, country Russia"
    )
    expect(country).to_have_value("Russia")
    young = titles(page, "recommended")
    age.select_option("46+")
    expect(page.locator("#who-title")).to_contain_text("age 46+")
    assert titles(page, "recommended") not in (young, nobodys)
    expect(page.locator("#likes")).to_have_text("Has liked no post yet.")
    gender.select_option("1")
    title = "A new reader: age 46+, gender 1, country Russia"
    expect(page.locator("#who-title")).to_have_text(title)
    page.reload()
    expect(ready(page).locator("#who-title")).to_have_text(title)
    require_accessible(page)
    gender.select_option("not known")
    expect(page.locator("#who-title")).to_have_text("A reader nobody knows")
    expect(age).to_have_value("")
    page.get_by_label("A new reader").uncheck()
    expect(page.get_by_role("heading", name="Reader 203")).to_be_visible()
    assert not age.is_visible()
    assert "newcomer" not in page.url


def test_a_new_readers_profile_can_be_chosen_by_the_keyboard_in_russian(
    browsed: Open, address: str
) -> None:
    page = ready(browsed(f"{address}#nobody=true", locale="ru-RU", viewport=NARROW))
    page.get_by_label("Возраст").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#who-title")).to_contain_text("возраст 0-18, пол 0, страна")
    page.keyboard.press("ArrowDown")  # the focus has stayed
    expect(page.locator("#who-title")).to_contain_text("возраст 19-22, пол 0, страна")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    require_accessible(page)


def test_a_release_that_tells_of_no_profiles_offers_none(browsed: Open, in_arms: str) -> None:
    page = ready(browsed(f"{in_arms}#newcomer=46%2B/1/Russia&nobody=true", allowed="422"))
    expect(page.locator("#who-title")).to_have_text("A reader nobody knows")
    assert not page.locator("#newcomer").is_visible()
    assert "newcomer" not in page.url
