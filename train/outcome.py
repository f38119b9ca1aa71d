"""How a run ended, and the sentence that says so."""

import shlex
from dataclasses import dataclass

from artifacts.manifest import Manifest


@dataclass(frozen=True)
class Outcome:
    """A finished run.

    Attributes:
        store: `s3://bucket/prefix` or a folder.
        channel: what serves, or does not, the release.
        manifest: of the release that was made or, where nothing was new, of the newest one.
        trained: whether this run made it.
        promoted: whether this run moved the channel to it.
        served: whether the channel serves it or did before; if not, its gate failed.
    """

    store: str
    channel: str
    manifest: Manifest
    trained: bool
    promoted: bool
    served: bool


def verdict(outcome: Outcome) -> str:
    """What became of the release and, if it is not served, why and how it can be."""
    release = outcome.manifest.release
    if outcome.trained and outcome.served:
        return f"Release {release} is served"
    if outcome.trained:
        return f"Release {release} is published and not served: {_refused(outcome)}"
    nothing = f"Nothing new since release {release}"
    if outcome.promoted:
        return f"{nothing}, which was published and not yet promoted: it is served from now on"
    if outcome.served:
        return f"{nothing}: nothing was trained"
    return f"{nothing}, which is not served: {_refused(outcome)}"


def facts(outcome: Outcome) -> dict[str, object]:
    """The same for a program, as JSON; for a new release with its figures."""
    manifest = outcome.manifest
    told: dict[str, object] = {
        "command": "run",
        "verdict": verdict(outcome),
        "release": manifest.release,
        "store": outcome.store,
        "channel": outcome.channel,
        "trained": outcome.trained,
        "promoted": outcome.promoted,
        "served": outcome.served,
        "gate": manifest.gate.model_dump(mode="json", exclude_none=True),
    }
    if outcome.trained:
        scores = [
            score.model_dump(mode="json", exclude_none=True) for score in manifest.evaluation.scores
        ]
        told["scores"] = scores
    return told


def _refused(outcome: Outcome) -> str:
    release, store = outcome.manifest.release, shlex.quote(outcome.store)
    return (
        f"{outcome.manifest.gate.failure}. To serve it all the same: "
        f"python -m artifacts promote {release} --store {store} --force REASON"
    )
