"""Experiments: shares of the readers get other releases."""

import math
from collections.abc import Sequence
from datetime import datetime

from artifacts.channel import CONTROL, Arm, Channel, Experiment
from artifacts.document import to_second
from artifacts.errors import Conflict, InvalidExperiment, NotFound
from artifacts.layout import PRODUCTION
from artifacts.stores import ObjectStore
from artifacts.swap import after, move, servable


def start(
    store: ObjectStore,
    name: str,
    arms: Sequence[Arm],
    channel: str = PRODUCTION,
    now: datetime | None = None,
    *,
    force: str | None = None,
) -> Channel:
    """Serve other releases to shares of the readers; the rest keep what is served, as the control.

    With the name of the running experiment its arms change, and readers stay in theirs as far as
    the shares allow. `promote` and `rollback` end it.

    Args:
        store: Where the releases and the channel are.
        name: What the experiment is called.
        arms: The arms besides the control.
        channel: The channel's name.
        now: The time of the move (aware); the present if None.
        force: Why releases are to be served though their gates failed; the experiment keeps it.

    Raises:
        Conflict: another experiment is running, or the channel was moved at every attempt.
        NotFound: nothing is served yet, or there is no such release.
        InvalidExperiment: the arms make none: shares above 1, a name twice.
        BrokenRelease: the channel, or the manifest of a release, is unreadable.
        NotExact, GateFailed, InvalidAddress, StoreUnavailable: as `promote`, of any arm.
    """
    passed = [servable(store, arm.release, force).gate.passed for arm in arms]
    forced = None if all(passed) else force
    at = to_second(now)
    # Rounded, or three shares of .1 would leave .7000000000000001.
    rest = round(1 - math.fsum(arm.share for arm in arms), 9)
    names = [CONTROL, *(arm.name for arm in arms)]
    if rest < 0:
        raise InvalidExperiment("the shares add up to more than 1")
    if len(names) == 1 or len(set(names)) < len(names):
        raise InvalidExperiment(
            f"an experiment needs an arm besides {CONTROL!r}, and no name of an arm twice"
        )

    def change(current: Channel | None) -> Channel:
        if current is None:
            raise NotFound(f"channel {channel} serves nothing yet that could be the control")
        running = current.experiment
        if running and running.name != name:
            raise Conflict(
                f"the experiment {running.name} is running; promote a release or roll back first"
            )
        control = Arm(name=CONTROL, release=current.arms[0].release, share=rest)
        started = Experiment(
            name=name, started_at=running.started_at if running else at, forced=forced
        )
        return after(current, channel, at, arms=(control, *arms), experiment=started)

    return move(store, channel, change)
