"""What readers get after a refresh: the function serves posts and readers that no run has seen."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from artifacts import layout
from artifacts.manifest import Manifest
from artifacts.release import open_release, verify
from artifacts.stores import open_store
from handler.api import create_app
from handler.settings import Settings
from tests.handler.client import Client
from tests.support.releases import Trained
from tests.train.growing import NEW_POST, NEW_READER, grown
from train import demo_data
from train.progress import Silent
from train.refresh.refresh import refresh
from train.run import run
from train.settings import RunSettings

pytestmark = pytest.mark.slow

EVENING = "2021-10-15T20:00:00"


@pytest.fixture(scope="module")
def source(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables an hour after the release was trained."""
    return grown(trained.source, tmp_path_factory.mktemp("later") / "tables")


@pytest.fixture(scope="module")
def client(
    trained: Trained, source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """Of the app that serves the refreshed release."""
    store = shutil.copytree(trained.store, tmp_path_factory.mktemp("refreshed") / "store")
    assert refresh(RunSettings(str(source), str(store)), Silent()).served
    with Client(create_app(Settings(store=str(store)))) as made:
        yield made


def ids(sql: str) -> list[int]:
    with duckdb.connect() as database:
        return [int(row[0]) for row in database.execute(sql).fetchall()]


def feed(client: Client, reader: int, limit: int = 5) -> list[int]:
    answer = client.get("/v1/recommendations", id=reader, time=EVENING, limit=limit).json()
    assert answer["source"] == "model"
    return [post["id"] for post in answer["recommendations"]]


def test_a_post_that_was_published_since_is_recommended(client: Client, source: Path) -> None:
    seen = f"SELECT user_id FROM '{source}/feed_data.parquet' WHERE post_id >= {NEW_POST}"
    readers = ids(f"SELECT user_id FROM '{source}/user_data.parquet' WHERE user_id NOT IN ({seen})")
    feeds = [feed(client, reader) for reader in readers[:50]]
    assert any(NEW_POST in found or NEW_POST + 1 in found for found in feeds)


def test_a_post_that_nobody_has_seen_yet_can_be_ranked(client: Client) -> None:
    asked = {"user_id": NEW_READER, "post_ids": [NEW_POST + 2, NEW_POST]}
    answer = client.post("/v1/rerank", asked).json()
    assert {post["id"] for post in answer["posts"]} == {NEW_POST, NEW_POST + 2}


def test_a_reader_who_came_since_is_known_and_gets_no_post_twice(
    client: Client, source: Path
) -> None:
    of_the_reader = f"FROM '{source}/feed_data.parquet' WHERE user_id = {NEW_READER}"
    [liked] = ids(f"SELECT post_id {of_the_reader} AND target = 1")
    assert liked not in feed(client, NEW_READER, limit=100)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Manifest, Manifest]:
    """A catalogue with a first stage: its tables, its store, the release and the refreshed one."""
    folder = tmp_path_factory.mktemp("large")
    demo_data.write(str(folder / "tables"), users=800, posts=3_000, days=14, seed=2)
    later = grown(folder / "tables", folder / "later")
    settings = RunSettings(str(folder / "tables"), str(folder / "store"))
    trained = run(settings, Silent()).manifest
    [successor] = refresh(RunSettings(str(later), settings.store), Silent()).successors
    return later, folder / "store", trained, successor.manifest


def test_the_first_stage_finds_posts_that_were_published_since(
    large: tuple[Path, Path, Manifest, Manifest],
) -> None:
    later, store, trained, refreshed = large
    assert trained.first_stage is not None
    assert trained.first_stage.used
    assert refreshed.first_stage is not None
    assert all(part.high >= part.least for part in refreshed.first_stage.recall)
    release = open_release(open_store(str(store)), refreshed.release)
    assert verify(release) == ()
    posts = pq.read_table(store / layout.release_key(refreshed.release, layout.POSTS))
    vectors = np.array(posts[layout.VECTOR].to_pylist())
    assert vectors.shape == (3_003, trained.first_stage.dimensions)
    with Client(create_app(Settings(store=str(store)))) as client:
        readers = ids(f"SELECT user_id FROM '{later}/user_data.parquet' LIMIT 100")
        feeds = [feed(client, reader, limit=20) for reader in readers]
    assert any(NEW_POST in found or NEW_POST + 1 in found for found in feeds)
