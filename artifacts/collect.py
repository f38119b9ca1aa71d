"""Removing what nothing needs: releases that no channel serves or could roll back to."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from artifacts.channel import list_channels, read_channel
from artifacts.errors import NotFound
from artifacts.layout import MANIFEST, RELEASES, is_release_id, release_key
from artifacts.stores import ObjectStore

GRACE = timedelta(days=1)
"""A younger release may be one that is being written, or about to be promoted."""
KEEP = 24
"""Promotions of each channel whose releases are kept: with one an hour, a day of them."""


@dataclass(frozen=True)
class Garbage:
    """What there is of a release that nothing needs.

    Attributes:
        release: Its id.
        keys: All its files.
    """

    release: str
    keys: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it was published, and not left behind by a publisher that died."""
        return release_key(self.release, MANIFEST) in self.keys


def garbage(store: ObjectStore, keep: int = KEEP, now: datetime | None = None) -> list[Garbage]:
    """What `collect` would remove, oldest first.

    Kept is whatever a channel serves, the releases of the last `keep` promotions of each that were
    not rolled back, and whatever is younger than GRACE by its id.

    Raises:
        BrokenRelease: a channel is unreadable, so nobody knows what it needs.
        StoreUnavailable: the store cannot be read.
    """
    files = defaultdict(list)
    for key in store.keys(RELEASES):
        release, _, path = key.removeprefix(RELEASES).partition("/")
        if path and is_release_id(release):
            files[release].append(key)
    # Only now, or a release published and promoted meanwhile would be unknown to them.
    needed = _needed(store, keep)
    limit = (now or datetime.now(UTC)) - GRACE
    return [
        Garbage(release, tuple(keys))
        for release, keys in sorted(files.items())
        if release not in needed and _made_at(release) < limit
    ]


def collect(store: ObjectStore, unneeded: list[Garbage]) -> Iterator[Garbage]:
    """Remove what `garbage` found; yields each release that is gone.

    Releases share no file, so no other one is touched. The manifest goes first: whatever dies here
    leaves no half a release, but files that the next collection removes. A release that somebody
    promotes at this moment stays; `artifacts.moves` looks for it once more, after it has promoted.

    Raises:
        BrokenRelease, StoreUnavailable: as `garbage`; what was yielded is gone, the rest is whole
            or without a manifest.
    """
    for one in unneeded:
        key = release_key(one.release, MANIFEST)
        try:
            manifest = store.read(key).data
        except NotFound:
            manifest = None
        store.remove(key)
        if manifest and one.release in _needed(store, keep=0):
            store.create(key, manifest)
            continue
        for each in one.keys:
            store.remove(each)
        yield one


def _needed(store: ObjectStore, keep: int) -> set[str]:
    found = (read_channel(store, name) for name in list_channels(store))
    return {
        release
        for channel in found
        if channel
        for release in (
            *channel.releases,
            *(promotion.release for promotion in channel.standing[-keep:] if keep),
        )
    }


def _made_at(release: str) -> datetime:
    return datetime.strptime(release.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
