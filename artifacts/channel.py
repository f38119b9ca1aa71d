"""The channel: which release is served, moved by compare-and-swap."""

import math
import secrets
import time
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from artifacts.document import Document, Part, ReleaseId, UtcDatetime, to_second
from artifacts.errors import AlreadyExists, BrokenRelease, Conflict, NotFound
from artifacts.layout import CHANNELS, PRODUCTION, channel_key
from artifacts.proofs import require_exact, require_gate
from artifacts.release import open_release
from artifacts.stores import ObjectStore

CONTROL = "control"
"""The arm that everyone gets while there is no experiment."""
HISTORY = 50
"""How many promotions a channel remembers."""

_ATTEMPTS = 10
# The longest random wait, in milliseconds, before a lost swap is tried again.
_WAIT = 100


class Arm(Part):
    """A release and the share of readers, from 0 to 1, who get it."""

    name: Annotated[str, Field(min_length=1)]
    release: ReleaseId
    share: Annotated[float, Field(ge=0, le=1)]


class Promotion(Part):
    """When a release began to be served.

    Attributes:
        forced: Why it was served though its gate failed; None if its gate passed.
    """

    release: ReleaseId
    at: UtcDatetime
    forced: Annotated[str, Field(min_length=1)] | None = None


class Channel(Document):
    """What a channel serves and has served.

    Attributes:
        name: The channel's name, "production" for the function.
        arms: One arm, "control", without an experiment; the shares add up to 1.
        history: Promotions, newest last, at most HISTORY.
        updated_at: When the channel was last moved.
    """

    name: str
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)]
    history: Annotated[tuple[Promotion, ...], Field(max_length=HISTORY)]
    updated_at: UtcDatetime

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            raise ValueError("two arms have the same name")
        total = math.fsum(arm.share for arm in self.arms)
        if not math.isclose(total, 1, abs_tol=1e-9):
            raise ValueError(f"the arms' shares add up to {total:g} instead of 1")
        return self

    def knows(self, release: str) -> bool:
        """Whether the channel serves that release, or remembers that it did."""
        served = {arm.release for arm in self.arms}
        return release in served.union(promotion.release for promotion in self.history)


def read_channel(store: ObjectStore, name: str = PRODUCTION) -> Channel | None:
    """The channel, or None if nothing was ever promoted to it.

    Raises:
        BrokenRelease: it is unreadable.
        InvalidAddress: `name` is no channel's name.
        StoreUnavailable: the store cannot be read.
    """
    return _read(store, name)[0]


def list_channels(store: ObjectStore) -> list[str]:
    """The names of all channels."""
    return [
        key.removeprefix(CHANNELS).removesuffix(".json")
        for key in store.keys(CHANNELS)
        if key.endswith(".json")
    ]


def promote(
    store: ObjectStore,
    release_id: str,
    channel: str = PRODUCTION,
    now: datetime | None = None,
    *,
    force: str | None = None,
) -> Channel:
    """Serve a release to everyone on a channel; an experiment on it ends.

    Promoting the release already served changes nothing. When several promote at once, each takes
    its turn, and the history names them all.

    Args:
        store: Where the release and the channel are.
        release_id: The release.
        channel: The channel's name.
        now: The time of the promotion (aware); the present if None.
        force: Why a release is to be served though its gate failed; the history keeps it.

    Raises:
        NotFound: there is no such release.
        BrokenRelease: its manifest or the channel is unreadable.
        NotExact: its graph was not exact; no reason helps.
        GateFailed: its gate did not pass, and no reason is given.
        Conflict: the channel was moved by others at every attempt.
        InvalidAddress: `release_id` or `channel` is no such name.
        StoreUnavailable: the store failed; the channel is as before or moved, nothing in between.
    """
    manifest = open_release(store, release_id).manifest
    require_exact(manifest.exactness)
    if force is None:
        require_gate(manifest.gate)
    forced = None if manifest.gate.passed else force
    key = channel_key(channel)
    for _ in range(_ATTEMPTS):
        current, version = _read(store, channel)
        promotion = Promotion(release=release_id, at=to_second(now), forced=forced)
        moved = _moved(current, channel, promotion)
        if moved == current:
            return moved
        try:
            if version is None:
                store.create(key, moved.to_json())
            else:
                store.replace(key, moved.to_json(), version)
        except (AlreadyExists, Conflict):
            time.sleep(secrets.randbelow(_WAIT) / 1000)
        else:
            return moved
    raise Conflict(
        f"channel {channel} was moved by others {_ATTEMPTS} times in a row; promote again"
    )


def _moved(current: Channel | None, name: str, promotion: Promotion) -> Channel:
    """The channel after a promotion."""
    arms = (Arm(name=CONTROL, release=promotion.release, share=1.0),)
    if current and current.arms == arms:
        return current
    before = current.history if current else ()
    history = (*before, promotion)[-HISTORY:]
    return Channel(name=name, arms=arms, history=history, updated_at=promotion.at)


def _read(store: ObjectStore, name: str) -> tuple[Channel | None, str | None]:
    try:
        stored = store.read(channel_key(name))
    except NotFound:
        return None, None
    try:
        channel = Channel.from_json(stored.data)
    except BrokenRelease as error:
        raise BrokenRelease(f"channel {name}: {error}") from error
    if channel.name != name:
        raise BrokenRelease(f"channel {name}: it holds the channel {channel.name}")
    return channel, stored.version
