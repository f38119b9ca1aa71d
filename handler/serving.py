"""Which release answers: the one that the channel names, followed while calls are answered."""

import threading
import time
from collections.abc import Callable

from artifacts.errors import ArtifactError, InvalidAddress, StoreUnavailable
from handler import telemetry
from handler.aside import Aside
from handler.fetching import Fetching
from handler.loading import Answering, Loaded, Loader, RefusedError
from handler.settings import Settings

RETRY_SECONDS = 5
"""While nothing serves, the store is left alone for so long after a failure."""
FIRST_WAIT = 2.0
"""Seconds that a call waits for the first release, counted from when its loading began."""
INIT_WAIT = 8.0
"""Seconds that the function's start waits for it: Lambda's init phase has ten.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

# Lambda stops a function between two calls, and what it does aside with it. What has not been done
# long after it was begun is given so many seconds in each of the next so many calls.
_LONG, _EACH, _CALLS = 1.0, 0.1, 10


class NothingToServeError(Exception):
    """No release could be loaded yet; the message says why."""


class Serving:
    """Holds what is loaded, and follows the channel: it loads beside and changes in one step.

    Args:
        settings: which channel, how often it is looked at, and what a recommender is told.
        fetching: where all comes from.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        settings: Settings,
        fetching: Fetching,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetching = fetching
        self._loader = Loader(fetching, settings, clock)
        self._every = settings.follow_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None
        self._failure = "no release has been loaded"
        self._next_look = clock()
        self._look: Aside[None] | None = None
        self._calls = 0

    def answering(self, user_id: int | None = None) -> Answering:
        """What answers a reader, or whoever asks without being one.

        Raises:
            NothingToServeError: nothing is loaded, and loading has failed or takes long.
        """
        return self.loaded().answering(user_id)

    def loaded(self) -> Loaded:
        """The channel that is served now, and what answers for it.

        Raises:
            NothingToServeError: nothing is loaded, and loading has failed or takes long.
        """
        self._follow()
        loaded = self._loaded
        if loaded is None:
            raise NothingToServeError(self._failure)
        return loaded

    def refresh(self) -> None:
        """Look at the channel now, and wait for it, INIT_WAIT at most."""
        self._begin().wait(INIT_WAIT)

    def _follow(self) -> None:
        look = self._look
        if look is None or look.is_done:
            if self._clock() < self._next_look:
                return
            look = self._begin()
        if self._loaded is None:
            look.wait(FIRST_WAIT - look.age)
        elif look.age > _LONG and self._calls:
            self._calls -= 1
            look.wait(_EACH)

    def _begin(self) -> Aside[None]:
        with self._lock:
            if self._look is None or self._look.is_done:
                self._calls = _CALLS
                self._look = Aside(self._try)
            return self._look

    def _try(self) -> None:
        try:
            self._change()
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it in this thread
            self._failure = _for_readers(error)
            if not isinstance(error, RefusedError):
                telemetry.fault("StoreFailed", error)
        pause = self._every if self._loaded else RETRY_SECONDS
        self._next_look = self._clock() + pause

    def _change(self) -> None:
        current = self._loaded
        found = self._fetching.channel(current.version if current and current.is_whole else "")
        if found is None:
            return
        channel, version = found
        if current is None:
            self._loader.forget()
        elif channel.revision < current.channel.revision:
            raise ArtifactError(
                f"the store shows revision {channel.revision} of the channel, which is older than "
                f"{current.channel.revision}, which serves"
            )
        try:
            recommenders = self._loader.all_of(channel)
        except RefusedError:
            if current:
                raise
            recommenders = self._loader.what_can_be(channel)
        self._loaded = Loaded(channel, version, recommenders)
        if current and current.channel.releases != channel.releases:
            telemetry.loaded(channel.releases)


def _for_readers(error: Exception) -> str:
    """What everybody may hear of it: releases have nothing to hide, but where the store is does."""
    if isinstance(error, StoreUnavailable | InvalidAddress) or not isinstance(error, ArtifactError):
        return "the store cannot be read; the log says why"
    return str(error)
