"""The page of a release: its figures; nothing in it runs, leads outside or names a reader."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from artifacts import layout
from artifacts.manifest import Manifest
from artifacts.release import list_releases, open_release
from artifacts.stores import ObjectStore, open_store
from tests.support.releases import Trained
from tests.train.tables import write_tables
from train.progress import Silent
from train.run import run
from train.settings import RunSettings

pytestmark = pytest.mark.slow

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"""
UPDATE user_data SET user_id = user_id + 777000000, country = '<i>$\\frac{{$</i>日本';
UPDATE feed_data SET user_id = user_id + 777000000;
UPDATE post_text_df SET
    text = '{SCRIPT}<img src=x onerror=alert(1)> ' || text || repeat(' and on it goes', 40),
    topic = '<b>$' || topic || '^{{</b>';
INSERT INTO feed_data SELECT * REPLACE (999999999 AS user_id) FROM feed_data LIMIT 3;
"""


@dataclass(frozen=True)
class Published:
    """A release with its page."""

    store: ObjectStore
    manifest: Manifest
    page: str


def published(store: Path, manifest: Manifest) -> Published:
    opened = open_store(str(store))
    page = open_release(opened, manifest.release).read(layout.REPORT).decode()
    return Published(opened, manifest, page)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Of tables whose every text would be HTML, and mathematics to matplotlib; the second run."""
    folder = tmp_path_factory.mktemp("hostile")
    source = str(write_tables(folder / "source", HOSTILE))
    run(RunSettings(source, str(folder / "store")), Silent())
    end = run(RunSettings(source, str(folder / "store"), seed=2), Silent())
    return published(folder / "store", end.manifest)


@pytest.fixture(scope="module")
def first(trained: Trained) -> Published:
    """Of the small network."""
    return published(trained.store, trained.manifest)


def told(page: str) -> str:
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("<main>")[2]))


def test_the_figures_are_those_of_the_manifest(first: Published) -> None:
    text = told(first.page)
    for score in first.manifest.evaluation.scores:
        figure = f"{score.value:.4f}"
        if score.low is not None and score.low != score.high:
            figure += f" {score.low:.4f} to {score.high:.4f}"
        assert figure in text
    for check in first.manifest.gate.checks:
        assert f"Passed: {check.sentence}." in text
    data = first.manifest.data
    for count in (data.readers, data.posts, data.views, data.likes):
        assert f"{count:,}" in text
    assert first.manifest.recipe in text
    assert f"lightgbm {first.manifest.code.libraries['lightgbm']}" in text


def test_the_first_release_has_neither_parent_nor_releases_before(first: Published) -> None:
    text = told(first.page)
    assert "There is no parent: nothing was served before this release." in text
    assert "There is none: this is the first release of its store." in text


def test_a_later_release_has_the_figures_of_the_ones_before_it_beside_its_own(
    hostile: Published,
) -> None:
    before = list_releases(hostile.store)[0]
    score = open_release(hostile.store, before).manifest.evaluation.score("hit_rate@5", "lenta")
    assert score is not None
    row = re.search(rf"{before}.*?</tr>", hostile.page.partition('id="before"')[2], re.DOTALL)
    assert row is not None
    assert f"{score.value:.4f}" in row[0]


def test_every_section_has_its_figures(first: Published) -> None:
    sections = dict(re.findall(r'<section id="(\w+)"(.*?)</section>', first.page, re.DOTALL))
    drawn = {name: len(re.findall("<svg ", section)) for name, section in sections.items()}
    assert drawn == {
        "quality": 3, "before": 0, "calibration": 1, "inputs": 7, "readers": 1, "slices": 5,
        "drift": 0, "feeds": 0, "origin": 0,
    }  # fmt: skip
    assert all("<text" in figure for figure in first.page.split("<svg ")[1:])
    assert sections["feeds"].count('<article class="feed">') == 5
    assert len(re.findall("Recommended", sections["feeds"])) == 5


def test_what_was_dropped_is_named(hostile: Published) -> None:
    (dropped,) = hostile.manifest.data.dropped
    assert dropped.rows == 3
    assert f"{dropped.table} {dropped.reason} {dropped.rows}" in told(hostile.page)


def test_texts_topics_and_countries_come_out_as_text(hostile: Published) -> None:
    for text in (SCRIPT, "<img src=x", "<b>$", "<i>$"):
        assert text not in hostile.page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hostile.page
    assert "&lt;b&gt;$sport^{&lt;/b&gt;" in hostile.page
    assert r"&lt;i&gt;$\frac{$&lt;/i&gt;日本" in hostile.page
    assert re.findall(r"<script|<img|<iframe|\bon\w+=[\"']", hostile.page) == []


def test_nothing_is_asked_of_anyone_else(first: Published, hostile: Published) -> None:
    for page in (first.page, hostile.page):
        assert re.findall(r"(?:src|href|action|data)=\"(?!#)[^\"]*\"", page) == []
        assert re.findall(r"url\(|@import|xmlns", page) == []
        assert "default-src 'none'; style-src 'unsafe-inline'" in page
        assert len(page.encode()) < 500_000


def test_no_two_elements_share_an_id(first: Published) -> None:
    ids = re.findall(r'\bid="([^"]+)"', first.page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', first.page)) <= set(ids)


def test_readers_are_not_named(hostile: Published) -> None:
    assert re.search(r"Age \d+, .*, \d+ views", hostile.page)
    assert "777000" not in hostile.page
    assert "999999999" not in hostile.page


def test_the_same_source_seed_and_store_give_the_same_page(
    hostile: Published, tmp_path: Path
) -> None:
    source = str(write_tables(tmp_path / "source", HOSTILE))
    pages = []
    for name in ("one", "other"):
        end = run(RunSettings(source, str(tmp_path / name)), Silent())
        pages.append(published(tmp_path / name, end.manifest).page)
    assert pages[0] == pages[1]
    assert pages[0] != hostile.page
