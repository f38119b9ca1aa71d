"""The channel: which release is served, to whom, and what was served before."""

import hashlib
import math
from itertools import accumulate
from typing import Annotated, Self

from pydantic import Field, model_validator

from artifacts.document import Document, Part, ReleaseId, UtcDatetime
from artifacts.errors import BrokenRelease, NotFound
from artifacts.layout import CHANNELS, PRODUCTION, channel_key
from artifacts.stores import ObjectStore

CONTROL = "control"
"""The arm that everyone gets while there is no experiment."""
HISTORY = 200
"""How many promotions a channel remembers."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$")]
Reason = Annotated[str, Field(min_length=1)]


class Arm(Part):
    """A release and the share of readers who get it.

    Attributes:
        name: The arm's.
        release: What its readers get.
        share: Of the readers, from 0 to 1.
        temperature: Of the Plackett-Luce draw of the feed's order; 0 for the order by scores.
    """

    name: Name
    release: ReleaseId
    share: Annotated[float, Field(ge=0, le=1)]
    temperature: Annotated[float, Field(ge=0)] = 0


class Experiment(Part):
    """What the arms are compared for.

    Attributes:
        name: The experiment's.
        started_at: When it began; with the name it is the salt by which readers are spread over
            the arms.
        forced: Why an arm is served though its release's gate failed.
    """

    name: Name
    started_at: UtcDatetime
    forced: Reason | None = None


class Promotion(Part):
    """When a release began to be served.

    Attributes:
        release: Which one.
        at: When it was promoted.
        forced: Why it was served though its gate failed; None if its gate passed.
        withdrawn_at: When it was rolled back; None if it never was.
    """

    release: ReleaseId
    at: UtcDatetime
    forced: Reason | None = None
    withdrawn_at: UtcDatetime | None = None


class Channel(Document):
    """What a channel serves and has served.

    Attributes:
        name: The channel's name, "production" for the function.
        arms: One arm, "control", without an experiment; the shares add up to 1.
        experiment: What the arms are compared for.
        history: The last 200 promotions, newest last.
        revision: Grows by one at each move: a lower one is an older channel, whatever clocks say.
        updated_at: When the channel was last moved.
    """

    name: str
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)]
    experiment: Experiment | None = None
    history: Annotated[tuple[Promotion, ...], Field(max_length=HISTORY)]
    revision: Annotated[int, Field(ge=0)] = 0
    updated_at: UtcDatetime

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            raise ValueError("two arms have the same name")
        total = math.fsum(arm.share for arm in self.arms)
        if not math.isclose(total, 1, abs_tol=1e-9):
            raise ValueError(f"the arms' shares add up to {total:g} instead of 1")
        if len(names) > 1 and self.experiment is None:
            raise ValueError("it has several arms, but no experiment")
        return self

    @property
    def releases(self) -> tuple[str, ...]:
        """Those served now, each once."""
        return tuple(dict.fromkeys(arm.release for arm in self.arms))

    @property
    def standing(self) -> tuple[Promotion, ...]:
        """The promotions that were not rolled back, newest last."""
        return tuple(promotion for promotion in self.history if not promotion.withdrawn_at)

    def knows(self, release: str) -> bool:
        """Whether the channel serves that release, or remembers that it did."""
        return release in {*self.releases, *(promotion.release for promotion in self.history)}

    def arm_of(self, user_id: int) -> Arm:
        """The arm of a reader: always the same in one experiment, and by chance in another.

        While a share grows at the cost of its neighbour, whoever has the arm keeps it.
        """
        if self.experiment is None:
            return self.arms[0]
        salt = f"{self.experiment.name} {self.experiment.started_at.isoformat()}"
        digest = hashlib.blake2b(f"{salt} {user_id}".encode(), digest_size=8)
        place = int.from_bytes(digest.digest()) / 2**64
        ends = accumulate(arm.share for arm in self.arms)
        within = (arm for arm, end in zip(self.arms, ends, strict=True) if place < end)
        # The shares' sum may miss 1 by a rounding.
        return next(within, [arm for arm in self.arms if arm.share][-1])


def read_channel(store: ObjectStore, name: str = PRODUCTION) -> Channel | None:
    """The channel, or None if nothing was ever promoted to it.

    Raises:
        BrokenRelease: it is unreadable.
        InvalidAddress: `name` is no channel's name.
        StoreUnavailable: the store cannot be read.
    """
    try:
        return parse_channel(store.read(channel_key(name)).data, name)
    except NotFound:
        return None


def parse_channel(data: bytes, name: str) -> Channel:
    """The channel of that name, from its file's bytes.

    Raises:
        BrokenRelease: they are none, or another channel.
    """
    try:
        channel = Channel.from_json(data)
    except BrokenRelease as error:
        raise BrokenRelease(f"channel {name}: {error}") from error
    if channel.name != name:
        raise BrokenRelease(f"channel {name}: it holds the channel {channel.name}")
    return channel


def list_channels(store: ObjectStore) -> list[str]:
    """The names of all channels."""
    return [
        key.removeprefix(CHANNELS).removesuffix(".json")
        for key in store.keys(CHANNELS)
        if key.endswith(".json")
    ]
