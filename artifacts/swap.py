"""How a channel is moved: by a compare-and-swap of the whole channel.

When several move it at once, each takes its turn, and none undoes another's unseen.
"""

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from artifacts.channel import CONTROL, HISTORY, Arm, Channel, Experiment, Promotion, parse_channel
from artifacts.errors import AlreadyExists, Conflict, NotFound
from artifacts.layout import channel_key
from artifacts.manifest import Manifest
from artifacts.proofs import require_exact, require_gate
from artifacts.release import open_release
from artifacts.stores import ObjectStore

_ATTEMPTS = 10
# The longest random wait, in milliseconds, before a lost swap is tried again.
_WAIT = 100

Change = Callable[[Channel | None], Channel]
"""The channel that is to be, from the one that is; it may be asked several times."""


def move(store: ObjectStore, name: str, change: Change) -> Channel:
    """Swap the channel for what `change` makes of it; what it serves then is there for certain.

    Raises:
        NotFound: a release is gone, which `change` still saw; the channel is as before.
        Conflict: the channel was moved by others at every attempt.
        BrokenRelease, InvalidAddress, StoreUnavailable: as `read_channel`.
    """
    moved = _swap(store, name, change)
    try:
        for release in moved.releases:
            open_release(store, release)
    except NotFound:
        # It was collected since it was looked at.
        def undo(current: Channel | None) -> Channel:
            if current and current != moved:
                return current  # somebody has moved it on
            return rolled_back(moved, name, moved.updated_at)

        with suppress(NotFound):  # before it nothing was served
            _swap(store, name, undo)
        raise
    return moved


def servable(store: ObjectStore, release_id: str, force: str | None) -> Manifest:
    """The manifest of a release that may be served.

    Args:
        store: Where it is.
        release_id: The release.
        force: Why it is to be served though its gate failed.

    Raises:
        NotFound: there is no such release.
        NotExact: its graph was not exact; no reason helps.
        GateFailed: its gate did not pass, and no reason is given.
        BrokenRelease, InvalidAddress, StoreUnavailable: as `open_release`.
    """
    manifest = open_release(store, release_id).manifest
    require_exact(manifest.exactness)
    if force is None:
        require_gate(manifest.gate)
    return manifest


def after(
    current: Channel | None,
    name: str,
    at: datetime,
    *,
    arms: tuple[Arm, ...],
    promoted: Promotion | None = None,
    experiment: Experiment | None = None,
) -> Channel:
    """The channel after a move."""
    before = current.history if current else ()
    return Channel(
        name=name,
        arms=arms,
        experiment=experiment,
        history=(*before, promoted)[-HISTORY:] if promoted else before,
        revision=current.revision + 1 if current else 1,
        updated_at=at,
    )


def rolled_back(current: Channel | None, name: str, at: datetime) -> Channel:
    """The channel without its experiment, or else with the promotion before the last.

    Raises:
        NotFound: there is none before.
    """
    standing = current.standing if current else ()
    if current is None or not standing:
        raise NotFound(f"nothing was ever promoted to the channel {name}")
    history = current.history
    if current.experiment is None:
        if len(standing) == 1:
            raise NotFound(f"channel {name} remembers nothing before {standing[-1].release}")
        withdrawn = standing[-1].model_copy(update={"withdrawn_at": at})
        history = tuple(withdrawn if each is standing[-1] else each for each in history)
        standing = standing[:-1]
    arms = (Arm(name=CONTROL, release=standing[-1].release, share=1.0),)
    return after(current.model_copy(update={"history": history}), name, at, arms=arms)


def _swap(store: ObjectStore, name: str, change: Change) -> Channel:
    key = channel_key(name)
    for _ in range(_ATTEMPTS):
        current, version = _read(store, name)
        moved = change(current)
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
    raise Conflict(f"channel {name} was moved by others {_ATTEMPTS} times in a row; try again")


def _read(store: ObjectStore, name: str) -> tuple[Channel | None, str | None]:
    try:
        stored = store.read(channel_key(name))
    except NotFound:
        return None, None
    return parse_channel(stored.data, name), stored.version
