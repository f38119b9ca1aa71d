"""Fetches what is served: the channel, and of each release the graph and the posts."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from artifacts import layout
from artifacts.channel import Channel, parse_channel
from artifacts.errors import NotFound
from artifacts.release import Release, open_release
from artifacts.stores import ObjectStore, StoredObject, open_store
from handler.settings import Settings


@dataclass
class Fetched:
    """A release, and what of it is needed to load it.

    Attributes:
        release: where readers are fetched from later.
        ranker: the graph.
        posts: `posts.parquet`, until it is taken.
    """

    release: Release
    ranker: bytes
    posts: bytes

    def taken_posts(self) -> bytes:
        """`posts.parquet`, which is not held here any more: it may be large."""
        posts, self.posts = self.posts, b""
        return posts


class Fetching:
    """Fetches when asked, or what was begun before.

    Args:
        settings: where the channel is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._begun_channel: Future[tuple[Channel, str]] | None = None
        self._begun_release: Future[Fetched] | None = None

    @cached_property
    def _store(self) -> ObjectStore:
        # One for all: each has connections of its own.
        return open_store(self._settings.store)

    def begin(self) -> None:
        """Begin to fetch the channel and its first release."""
        pool = ThreadPoolExecutor(1)
        channel = self._begun_channel = pool.submit(self._read)
        self._begun_release = pool.submit(lambda: self._fetch(channel.result()[0].arms[0].release))
        pool.shutdown(wait=False)

    def channel(self, version: str = "") -> tuple[Channel, str] | None:
        """The channel and its version, or None if it is still of the version that is given.

        Raises:
            ArtifactError: the channel cannot be read, or nothing was ever promoted to it.
        """
        begun, self._begun_channel = self._begun_channel, None
        if begun:
            if begun.exception():
                # The release was not found either: of a later look that would be old news.
                self._begun_release = None
            return begun.result()
        return self._read_unless(version) if version else self._read()

    def release(self, release_id: str) -> Fetched:
        """What is needed to load the release.

        Raises:
            ArtifactError: it cannot be fetched, or is not what its manifest says.
        """
        begun, self._begun_release = self._begun_release, None
        if begun:
            fetched = begun.result()
            if fetched.release.manifest.release == release_id:
                return fetched
        return self._fetch(release_id)

    def _fetch(self, release_id: str) -> Fetched:
        release = open_release(self._store, release_id)
        with ThreadPoolExecutor(2) as pool:
            ranker, posts = pool.map(release.read, (layout.RANKER, layout.POSTS))
        return Fetched(release, ranker, posts)

    def _read(self) -> tuple[Channel, str]:
        if not self._settings.store:
            raise NotFound("ARTIFACT_STORE is not set: it names the store to serve from")
        name = self._settings.channel
        try:
            return self._parsed(self._store.read(layout.channel_key(name)))
        except NotFound as error:
            raise NotFound(f"nothing was ever promoted to the channel {name}") from error

    def _read_unless(self, version: str) -> tuple[Channel, str] | None:
        stored = self._store.read_unless(layout.channel_key(self._settings.channel), version)
        return self._parsed(stored) if stored else None

    def _parsed(self, stored: StoredObject) -> tuple[Channel, str]:
        return parse_channel(stored.data, self._settings.channel), stored.version
