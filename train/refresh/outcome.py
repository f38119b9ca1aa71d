"""How a refresh ended, and the sentences that say so."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from artifacts.manifest import Manifest
from train.progress.course import span
from train.report import markdown as report
from train.report.markdown import proofs


@dataclass(frozen=True)
class Successor:
    """A release with newer features.

    Attributes:
        replaces: the id of the release that serves.
        manifest: its own.
        made: whether this refresh made it; else an earlier one had, of the same tables.
    """

    replaces: str
    manifest: Manifest
    made: bool


@dataclass(frozen=True)
class Refreshed:
    """A finished refresh.

    Attributes:
        store: `s3://bucket/prefix` or a folder.
        channel: whose releases they are.
        current: ids of the releases that knew all of the tables already, and stay.
        successors: of the others that are served.
        served: whether the channel serves them; True where there are none.
        obstacle: why it does not, if so.
    """

    store: str
    channel: str
    current: tuple[str, ...] = ()
    successors: tuple[Successor, ...] = ()
    served: bool = True
    obstacle: str = ""


def verdict(refreshed: Refreshed) -> str:
    """What became of the releases; if they are not served, why and how they can be."""
    if not refreshed.successors:
        return f"Nothing new since release {' and '.join(refreshed.current)}: nothing was published"
    return "; ".join(_sentences(refreshed))


def markdown(refreshed: Refreshed) -> str:
    """The verdict as the first line, then the proofs and the origin of what was made."""
    parts = [verdict(refreshed)]
    for successor in refreshed.successors:
        if successor.made:
            parts += [
                _origin(successor.manifest),
                "\n".join(f"- {fact}" for fact in report.facts(successor.manifest)),
            ]
    return "\n\n".join(parts) + "\n"


def told(refreshed: Refreshed, seconds: float) -> Iterator[str]:
    """The same for a terminal, a line each, without the origin and the verdict."""
    made = [successor.manifest for successor in refreshed.successors if successor.made]
    for manifest in made:
        yield _origin(manifest)
        yield from proofs(manifest)
    if made:
        yield f"store: {refreshed.store}"
        yield f"channel: {refreshed.channel}"
        yield f"took: {span(seconds)}"


def facts(refreshed: Refreshed) -> dict[str, object]:
    """The same for a program, as JSON."""
    return {
        "command": "refresh",
        "verdict": verdict(refreshed),
        "store": refreshed.store,
        "channel": refreshed.channel,
        "served": refreshed.served,
        "current": list(refreshed.current),
        "successors": [
            {
                "release": successor.manifest.release,
                "replaces": successor.replaces,
                "made": successor.made,
                "gate": successor.manifest.gate.model_dump(mode="json", exclude_none=True),
            }
            for successor in refreshed.successors
        ],
    }


def _origin(manifest: Manifest) -> str:
    return (
        f"Release {manifest.release}: the model, its exactness and its evaluation are those of "
        f"release {manifest.trained_in}"
    )


def _sentences(refreshed: Refreshed) -> Iterator[str]:
    for successor in refreshed.successors:
        manifest = successor.manifest
        if refreshed.served:
            yield f"Release {manifest.release} is served in place of {successor.replaces}"
        elif manifest.gate.passed:
            yield f"Release {manifest.release} is published and not served: {refreshed.obstacle}"
        else:
            yield (
                f"Release {manifest.release} is published and not served: {manifest.gate.failure}. "
                f"To serve it all the same: python -m artifacts promote {manifest.release} "
                f"--store {shlex.quote(refreshed.store)} --force REASON"
            )
