"""The page of a look: its figures; nothing in it runs, leads outside or is more than a text."""

import re
from html.parser import HTMLParser

import pytest

from tests.train.tables import write_tables
from tests.train.test_report_page import SCRIPT
from train import cli

HOSTILE = f"""
UPDATE user_data SET country = '<i>$\\frac{{$</i>日本', city = NULL;
UPDATE post_text_df SET
    text = '{SCRIPT}<img src=x onerror=alert(1)> ' || text || repeat(' and on it goes', 40),
    topic = '<b>$' || topic || '^{{</b>';
INSERT INTO feed_data SELECT * REPLACE (999999999 AS user_id) FROM feed_data LIMIT 3;
"""

SECTIONS = {"tables": 0, "readers": 14, "posts": 0, "likes": 4, "tastes": 0, "days": 2}
"""And their figures."""

EMPTY = {"meta", "br", "path", "use"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of tables whose every text would be HTML, and mathematics to matplotlib."""
    folder = tmp_path_factory.mktemp("look")
    source = str(write_tables(folder / "source", HOSTILE))
    assert cli.main(["inspect", "--source", source, "--html", str(folder / "look.html")]) == cli.OK
    return (folder / "look.html").read_text(encoding="utf-8")


class Nesting(HTMLParser):
    """Each element that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.seen.append(tag)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag


def test_it_is_html_whose_elements_are_closed_in_order(page: str) -> None:
    parser = Nesting()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert parser.seen.count("main") == parser.seen.count("h1") == 1
    assert not {"script", "img", "iframe", "link"} & set(parser.seen)


def test_texts_topics_and_countries_come_out_as_text(page: str) -> None:
    for text in (SCRIPT, "<img src=x", "<b>$", "<i>$"):
        assert text not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;$sport^{&lt;/b&gt;" in page
    assert r"&lt;i&gt;$\frac{$&lt;/i&gt;日本" in page
    assert re.findall(r"\bon\w+=[\"']", page) == []


def test_nothing_is_asked_of_anyone_else(page: str) -> None:
    assert re.findall(r"(?:src|href|action|data)=\"(?!#)[^\"]*\"", page) == []
    assert re.findall(r"url\(|@import|xmlns", page) == []
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert len(page.encode()) < 500_000


def test_every_section_has_its_figures_and_no_two_elements_share_an_id(page: str) -> None:
    sections = dict(re.findall(r'<section id="(\w+)"(.*?)</section>', page, re.DOTALL))
    assert {name: section.count("<svg ") for name, section in sections.items()} == SECTIONS
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    names = re.findall(r'<svg role="img" aria-label="([^"]+)"', page)
    assert len(names) == len(set(names)) == sum(SECTIONS.values())


def test_it_tells_what_the_terminal_tells(page: str) -> None:
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    assert "A run would take these tables." in told
    assert "A run would drop 3 rows (unknown reader: 3)." in told
    assert "city text 40 (100.00 %) 0 different" in told
    assert "40 readers, 30 posts, 1,920 views; liked 16.67 %" in told
    assert "10:00 40 1,920 320 16.67 " in told
    # A cell of few readers has counts in place of an interval.
    assert re.search(r"\d+ of \d+", told.partition("Who likes which topic?")[2])
