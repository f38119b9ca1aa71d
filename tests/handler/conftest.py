"""The app over the trained release, and over one whose scores can be told by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from artifacts.manifest import Manifest
from handler.api import create_app
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client
from tests.support.releases import Trained


@dataclass(frozen=True)
class Small:
    """The small release in its store."""

    store: Path
    manifest: Manifest


@pytest.fixture(scope="session")
def client(trained: Trained) -> Iterator[Client]:
    """Of the app that serves the trained release."""
    with Client(create_app(Settings(store=str(trained.store)))) as made:
        yield made


@pytest.fixture(scope="session")
def small_release(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """The small release. Tests must not change it."""
    store = tmp_path_factory.mktemp("small") / "store"
    return Small(store, small.put(store))


@pytest.fixture(scope="session")
def small_client(small_release: Small) -> Iterator[Client]:
    """Of the app that serves the small release."""
    with Client(create_app(Settings(store=str(small_release.store)))) as made:
        yield made
