"""A small network and a release trained on it, made once for all tests."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from artifacts.manifest import Manifest
from train import demo_data
from train.progress import Silent
from train.run import run
from train.settings import RunSettings

READERS, POSTS, DAYS = 1_500, 300, 14


@dataclass(frozen=True)
class Trained:
    """A release, its store and the folder of tables that it was trained on."""

    source: Path
    store: Path
    manifest: Manifest


@pytest.fixture(scope="session")
def demo_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three tables of a small network."""
    folder = tmp_path_factory.mktemp("network") / "tables"
    demo_data.write(str(folder), users=READERS, posts=POSTS, days=DAYS, seed=1)
    return folder


@pytest.fixture(scope="session")
def trained(demo_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A release of that network, served from a folder. Tests must not change it."""
    store = tmp_path_factory.mktemp("releases") / "store"
    outcome = run(RunSettings(source=str(demo_source), store=str(store)), Silent())
    return Trained(demo_source, store, outcome.manifest)
