"""Which release answers: the one that the channel named when it was loaded."""

import logging
import threading
import time
from collections.abc import Callable

from artifacts.channel import read_channel
from artifacts.errors import ArtifactError, NotFound
from artifacts.release import open_release
from artifacts.stores import open_store
from handler.recommender import Recommender
from handler.settings import Settings

RETRY_SECONDS = 5
"""After a failed load the store is left alone for so long."""

_log = logging.getLogger(__name__)


class NothingToServeError(Exception):
    """No release could be loaded yet; the message says why."""


class Serving:
    """Holds the loaded release.

    Args:
        settings: where the release is.
        clock: seconds that only grow.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._current: tuple[Recommender, str] | None = None
        self._failure = "no release has been loaded"
        self._next_try = clock()

    def current(self) -> tuple[Recommender, str]:
        """The release that answers, and the arm of its channel; loads it if need be.

        Raises:
            NothingToServeError: there is none, and the last try was less than RETRY_SECONDS ago or
                has failed just now.
        """
        if self._current is None:
            self.load()
        if self._current is None:
            raise NothingToServeError(self._failure)
        return self._current

    def load(self) -> None:
        """Load the release unless it is loaded, or the last try failed just now."""
        with self._lock:
            if self._current is None and self._clock() >= self._next_try:
                self._try_to_load()

    def refresh(self) -> None:
        """Change to the release that the channel names by now; the old one stays if that fails."""
        with self._lock:
            self._try_to_load()

    def _try_to_load(self) -> None:
        try:
            self._current = _load(self._settings, self._current)
        except ArtifactError as error:
            self._failure = str(error)
            self._next_try = self._clock() + RETRY_SECONDS
            _log.error("no release could be loaded: %s", error)


def _load(settings: Settings, current: tuple[Recommender, str] | None) -> tuple[Recommender, str]:
    if not settings.store:
        raise NotFound("ARTIFACT_STORE is not set: it names the store to serve from")
    store = open_store(settings.store)
    channel = read_channel(store, settings.channel)
    if channel is None:
        raise NotFound(f"nothing was ever promoted to the channel {settings.channel}")
    arm = channel.arms[0]
    if current and current[0].manifest.release == arm.release:
        return current[0], arm.name
    return Recommender(open_release(store, arm.release)), arm.name
