"""What can be done to a channel: promote, substitute, roll back."""

from collections.abc import Mapping
from datetime import datetime

from artifacts.channel import CONTROL, Arm, Channel, Promotion
from artifacts.document import to_second
from artifacts.errors import Conflict, NotFound
from artifacts.layout import PRODUCTION
from artifacts.proofs import require_exact
from artifacts.release import open_release
from artifacts.stores import ObjectStore
from artifacts.swap import after, move, rolled_back, servable


def promote(
    store: ObjectStore,
    release_id: str,
    channel: str = PRODUCTION,
    now: datetime | None = None,
    *,
    force: str | None = None,
) -> Channel:
    """Serve a release to everyone on a channel; an experiment on it ends.

    Promoting the release already served changes nothing.

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
    gate = servable(store, release_id, force).gate
    promotion = Promotion(
        release=release_id, at=to_second(now), forced=None if gate.passed else force
    )

    def change(current: Channel | None) -> Channel:
        arms = (Arm(name=CONTROL, release=release_id, share=1.0),)
        if current and current.arms == arms and current.experiment is None:
            return current
        return after(current, channel, promotion.at, arms=arms, promoted=promotion)

    return move(store, channel, change)


def substitute(
    store: ObjectStore,
    releases: Mapping[str, str],
    channel: str = PRODUCTION,
    now: datetime | None = None,
) -> Channel:
    """Replace served releases by their successors; arms, shares and the experiment stay.

    Args:
        store: Where the releases and the channel are.
        releases: The successor of each release to replace.
        channel: The channel's name.
        now: The time of the move (aware); the present if None.

    Raises:
        Conflict: the channel does not serve, or no longer, what is to be replaced; or it was
            moved by others at every attempt.
        NotFound, BrokenRelease, NotExact, GateFailed, InvalidAddress, StoreUnavailable: as
            `promote`, of any successor.
    """
    for successor in releases.values():
        servable(store, successor, None)
    at = to_second(now)

    def change(current: Channel | None) -> Channel:
        served = current.releases if current else ()
        for release in releases:
            if release not in served:
                raise Conflict(f"channel {channel} does not serve {release} any more")
        if current is None:
            raise NotFound(f"nothing was ever promoted to the channel {channel}")
        arms = tuple(
            arm.model_copy(update={"release": releases.get(arm.release, arm.release)})
            for arm in current.arms
        )
        moved = arms[0].release != current.arms[0].release
        promoted = Promotion(release=arms[0].release, at=at) if moved else None
        experiment = current.experiment
        return after(current, channel, at, arms=arms, promoted=promoted, experiment=experiment)

    return move(store, channel, change)


def rollback(store: ObjectStore, channel: str = PRODUCTION, now: datetime | None = None) -> Channel:
    """Serve what the channel served before: without its experiment, or else the release before.

    What is rolled back stays in the history as withdrawn, so the next roll-back goes further back.

    Raises:
        NotFound: nothing was served before, or that release is gone.
        BrokenRelease: the channel, or the manifest of the release, is unreadable.
        Conflict, InvalidAddress, StoreUnavailable: as `promote`.
    """
    at = to_second(now)

    def change(current: Channel | None) -> Channel:
        back = rolled_back(current, channel, at)
        # Its gate passed, or was forced, when it was promoted.
        require_exact(open_release(store, back.arms[0].release).manifest.exactness)
        return back

    return move(store, channel, change)
