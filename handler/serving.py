"""Which release answers: the one that the channel named when it was loaded."""

import logging
import threading
import time
from collections.abc import Callable
from fractions import Fraction

from artifacts.errors import ArtifactError
from handler.fetching import Fetching
from handler.recommender import Recommender

RETRY_SECONDS = 5
"""After a failed load the store is left alone for so long."""

_log = logging.getLogger(__name__)


class NothingToServeError(Exception):
    """No release could be loaded yet; the message says why."""


class Serving:
    """Holds the loaded release.

    Args:
        fetching: where it comes from.
        clock: seconds that only grow.
        fresh_share: of a feed's places, for fresh posts.
    """

    def __init__(
        self,
        fetching: Fetching,
        clock: Callable[[], float] = time.monotonic,
        fresh_share: Fraction = Fraction(0),
    ) -> None:
        self._fetching = fetching
        self._clock = clock
        self._fresh_share = fresh_share
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
            self._current = self._load()
        except ArtifactError as error:
            self._failure = str(error)
            self._next_try = self._clock() + RETRY_SECONDS
            _log.error("no release could be loaded: %s", error)

    def _load(self) -> tuple[Recommender, str]:
        fetched = self._fetching.begun()
        if fetched is None:
            arm = self._fetching.arm()
            if self._current and self._current[0].manifest.release == arm.release:
                return self._current[0], arm.name
            fetched = self._fetching.fetch(arm)
        return Recommender(fetched, self._fresh_share), fetched.arm
