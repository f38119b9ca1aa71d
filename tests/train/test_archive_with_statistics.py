"""With an archive a run and a refresh give the same release, and count only days that changed."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from artifacts import layout
from artifacts.manifest import Manifest
from artifacts.release import open_release
from artifacts.stores import open_store
from tests.train.archived import execute
from train import demo_data
from train.progress import Silent
from train.refresh.refresh import refresh
from train.run import run
from train.settings import RunSettings

pytestmark = pytest.mark.slow

LAST_DAY = "SELECT max(timestamp)::date FROM feed_data"


class Notes(Silent):
    """Remembers what the stages had to say."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)


def files(store: Path, manifest: Manifest) -> dict[str, bytes]:
    release = open_release(open_store(str(store)), manifest.release)
    return {
        path: release.read(path)
        for path in (layout.RANKER, layout.POSTS, layout.users_file(0), layout.PAST)
    }


def test_days_that_were_counted_before_give_the_same_releases(
    postgres_url: str, tmp_path: Path
) -> None:
    demo_data.write(postgres_url, users=300, posts=60, days=9, seed=2)
    execute(
        postgres_url,
        f"CREATE TABLE later AS SELECT * FROM feed_data WHERE timestamp >= ({LAST_DAY})",
        "DELETE FROM feed_data WHERE timestamp >= (SELECT min(timestamp) FROM later)",
    )
    plain = RunSettings(postgres_url, str(tmp_path / "plain"))
    archived = replace(plain, store=str(tmp_path / "archived"), archive=str(tmp_path / "feed"))
    progress = Notes()
    made = run(archived, progress)
    assert progress.told == ["0 days kept, 8 read", "0 days counted before, 8 now"]
    expected = run(plain, Silent())
    assert files(tmp_path / "archived", made.manifest) == files(
        tmp_path / "plain", expected.manifest
    )
    assert made.manifest.data == expected.manifest.data

    execute(postgres_url, "INSERT INTO feed_data SELECT * FROM later")
    shutil.rmtree(tmp_path / "plain")
    shutil.copytree(tmp_path / "archived", tmp_path / "plain")
    progress = Notes()
    [successor] = refresh(archived, progress).successors
    assert progress.told == ["8 days kept, 1 read", "8 days counted before, 1 now"]
    [other] = refresh(plain, Silent()).successors
    assert files(tmp_path / "archived", successor.manifest) == files(
        tmp_path / "plain", other.manifest
    )
    assert successor.manifest.data == other.manifest.data
    assert successor.manifest.recipe == other.manifest.recipe

    execute(postgres_url, "UPDATE user_data SET age = 90 WHERE user_id % 3 = 0")
    progress = Notes()
    assert run(archived, progress).trained
    assert progress.told[0] == "9 days kept, 0 read"
    assert progress.told[1] != "9 days counted before, 0 now"
