"""What the page asks: for whom, for when, and which arm is to answer."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from handler.answers import Int64
from handler.asking import Asking
from handler.clock import TextMoment, network_seconds
from handler.loading import Loaded
from handler.readers import Reader
from handler.recommender import Recommender
from handler.serving import NothingToServeError

_DAY, _MINUTE = 86_400, 60


class Asked(BaseModel):
    """What the page may ask.

    Attributes:
        id: the reader's; without it, one whom the release knows.
        nobody: for a reader whom the release does not know, whoever that is.
        newcomer: for one of whom no more than a profile is known: its values, as `named`.
        time: None is the first moment at this time of day after the end of the release's data.
        limit: posts of each feed at most.
        arm: of the running experiment; the reader's own if empty.
    """

    id: Int64 | None = None
    nobody: bool = False
    newcomer: Annotated[str, Field(max_length=200)] = ""
    time: TextMoment = None
    limit: Annotated[int, Field(ge=1, le=100)] = 5
    arm: Annotated[str, Field(max_length=64)] = ""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "Asked":
        """What a query asks.

        Raises:
            RequestValidationError: it is not well formed.
        """
        try:
            return cls.model_validate(dict(query))
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from error

    @property
    def is_new(self) -> bool:
        """Whether it is for a reader whom the release does not know."""
        return self.nobody or bool(self.newcomer)

    async def whom(self, loaded: Loaded) -> int | None:
        """The reader's id; None for a reader whom nobody knows."""
        if self.is_new or self.id is not None:
            return None if self.is_new else self.id
        before, after = await loaded.answering(None).recommender.readers.near(0)
        return before if after is None else after

    async def of(self, loaded: Loaded, user_id: int | None) -> Asking:
        """The call, as it would be for that reader.

        Raises:
            RequestValidationError: it names no arm of the channel, or no newcomer of the release.
            NothingToServeError: newcomers cannot be had now.
        """
        try:
            answering = loaded.answering(user_id, self.arm)
        except KeyError as error:
            raise _refused("arm", "the name of an arm that is served", self.arm) from error
        recommender = answering.recommender
        if user_id is not None:
            reader = await recommender.reader(user_id)
        elif self.newcomer:
            reader = await self._newcomer(recommender)
        else:
            reader = recommender.readers.unknown
        if self.time is None:
            seconds = _present(recommender)
        else:
            seconds = network_seconds(self.time, recommender.zone)
        return Asking(user_id or 0, reader, seconds, answering)

    async def _newcomer(self, recommender: Recommender) -> Reader:
        newcomers = await recommender.readers.newcomers()
        if newcomers is None:
            raise NothingToServeError("new readers' profiles cannot be had now; the log says why")
        names = [named(kind) for kind in newcomers.kinds]
        if self.newcomer not in names:
            wanted = "a profile that the release tells of"
            raise _refused("newcomer", wanted, self.newcomer)
        at = names.index(self.newcomer)
        # As one who is known and was shown nothing yet: the row was made so.
        return Reader(newcomers.features[at : at + 1], np.empty(0, np.int64), "model")


def named(kind: tuple[str, ...]) -> str:
    """What a newcomer's profile is called."""
    return "/".join(kind)


def _refused(name: str, wanted: str, given: str) -> RequestValidationError:
    problem = {"loc": (name,), "msg": f"Input should be {wanted}", "type": name, "input": given}
    return RequestValidationError([problem])


def _present(recommender: Recommender) -> int:
    """Now; or, of a release that is older than a day, this time of day just after its data."""
    age = recommender.feature_age()
    moment = network_seconds(None, recommender.zone) - age + age % _DAY
    return moment - moment % _MINUTE
