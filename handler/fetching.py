"""Fetches what is served: the channel, the release that it names, the graph and the posts."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from artifacts import layout
from artifacts.channel import Arm, read_channel
from artifacts.errors import NotFound
from artifacts.release import Release, open_release
from artifacts.stores import ObjectStore, open_store
from handler.settings import Settings


@dataclass(frozen=True)
class Fetched:
    """A release, and what of it is needed to load it.

    Attributes:
        release: where readers are fetched from later.
        arm: of the channel.
        ranker: the graph.
        posts: `posts.parquet`.
    """

    release: Release
    arm: str
    ranker: bytes
    posts: bytes


class Fetching:
    """Fetches in the background, or when asked.

    Args:
        settings: where the release is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._begun: Future[Fetched] | None = None

    @cached_property
    def _store(self) -> ObjectStore:
        # One for all: each has connections of its own.
        return open_store(self._settings.store)

    def begin(self) -> None:
        """Begin to fetch what is served, for `begun`."""
        pool = ThreadPoolExecutor(1)
        self._begun = pool.submit(lambda: self.fetch(self.arm()))
        pool.shutdown(wait=False)

    def begun(self) -> Fetched | None:
        """What came of `begin`, once; None if it has been asked for, or nothing was begun.

        Raises:
            ArtifactError: as `arm` and `fetch`.
        """
        begun, self._begun = self._begun, None
        return begun.result() if begun else None

    def arm(self) -> Arm:
        """The arm of the channel, with the release that is served.

        Raises:
            ArtifactError: the channel cannot be read, or nothing was ever promoted to it.
        """
        if not self._settings.store:
            raise NotFound("ARTIFACT_STORE is not set: it names the store to serve from")
        channel = read_channel(self._store, self._settings.channel)
        if channel is None:
            raise NotFound(f"nothing was ever promoted to the channel {self._settings.channel}")
        return channel.arms[0]

    def fetch(self, arm: Arm) -> Fetched:
        """What is needed to load the release.

        Raises:
            ArtifactError: it cannot be fetched, or is not what its manifest says.
        """
        release = open_release(self._store, arm.release)
        with ThreadPoolExecutor(2) as pool:
            ranker, posts = pool.map(release.read, (layout.RANKER, layout.POSTS))
        return Fetched(release, arm.name, ranker, posts)
