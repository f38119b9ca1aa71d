"""What was shown to whom, as the log keeps it: from it `train experiment` tells arms apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from artifacts.channel import Arm
from handler.exploring import Exploration

MOST_LOGGED = 100
"""Posts of one answer: a feed's most, and a line stays short."""


@dataclass(frozen=True)
class Exposure:
    """One answer.

    Attributes:
        call: the route that was called.
        time: epoch seconds of the network's own clock, for which the feed was made.
        reader: the reader's id, which is never logged itself.
        experiment: the name of the one that is running, if any.
        arm: the reader's.
        release: the id of the release that answered.
        source: `model`, `cold_start` or `fallback`.
        posts: ids in the order of the answer.
        scores: theirs.
        exploration: how the order was drawn, if it was.
    """

    call: str
    time: int
    reader: int
    experiment: str | None
    arm: Arm
    release: str
    source: str
    posts: Sequence[int]
    scores: Sequence[float]
    exploration: Exploration | None

    def record(self, pseudonym: str) -> dict[str, Any]:
        """The record as it is logged: `docs/reference/exposures.md`."""
        at = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
        drawn = self.exploration
        return {
            "at": f"{at}Z",
            "time": self.time,
            "reader": pseudonym,
            "experiment": self.experiment,
            "arm": self.arm.name,
            "share": self.arm.share,
            "release": self.release,
            "source": self.source,
            "call": self.call,
            "posts": self.posts[:MOST_LOGGED],
            "scores": [round(score, 6) for score in self.scores[:MOST_LOGGED]],
            "exploration": drawn.record() if drawn else None,
        }
