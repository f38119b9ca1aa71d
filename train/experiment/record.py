"""The line that the function leaves of each answered call: `docs/reference/exposures.md`."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

RERANK = "/v1/rerank"

_KEY = '"exposure"'
_QUOTED_KEY = '\\"exposure\\"'
# An event of `aws logs filter-log-events`, or of a subscription: the line is a string in its JSON.
_MESSAGE = re.compile(r'"message"\s*:\s*("(?:[^"\\]|\\.)*")')

Post = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    """A part of the record. What a later function may add is passed over."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Exploration(_Part):
    """How the first places were drawn.

    Attributes:
        temperature: of the Plackett-Luce draw.
        posts: the candidates, best first.
        scores: theirs, log odds of a like.
        propensities: of each shown place among the candidates, the probability of its post given
            the posts before it.
    """

    temperature: Annotated[float, Field(gt=0)]
    posts: list[Post]
    scores: list[float]
    propensities: list[Share]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len(self.posts) != len(self.scores) or len(set(self.posts)) < len(self.posts):
            raise ValueError("candidates need a score each, and none may be there twice")
        if any(better < worse for better, worse in pairwise(self.scores)):
            raise ValueError("candidates come best score first")
        return self


class Exposure(_Part):
    """What one call was answered with.

    Attributes:
        at: the wall clock.
        time: the moment the feed is for, epoch seconds of the network's own clock.
        reader: the reader's pseudonym.
        share: of the readers who get that arm, by the channel at that moment.
        posts: as they were shown, first place first.
    """

    at: datetime
    time: int
    reader: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    experiment: str | None
    arm: Annotated[str, Field(min_length=1)]
    share: Share
    release: str
    source: Literal["model", "cold_start", "fallback"]
    call: str
    posts: list[Post]
    exploration: Exploration | None = None

    @field_validator("at")
    @classmethod
    def _utc(cls, at: datetime) -> datetime:
        if at.utcoffset() != timedelta(0):
            raise ValueError("not a time in UTC")
        return at.replace(tzinfo=None)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len(set(self.posts)) < len(self.posts):
            raise ValueError("a post is there twice")
        explored = self.exploration
        if explored:
            drawn = min(len(self.posts), len(explored.posts))
            if len(explored.propensities) != drawn:
                raise ValueError("each place that was drawn needs its propensity")
            if not set(self.posts[:drawn]) <= set(explored.posts):
                raise ValueError("a place was drawn from what is no candidate")
        return self


class _Line(_Part):
    exposure: Exposure


def exposures_in(line: str) -> Iterator[Exposure | None]:
    """The exposures of a line of a log, mostly one or none; None for each that is broken.

    Args:
        line: as the function wrote it, after a timestamp or not, or as a string in the JSON of
            CloudWatch's events.
    """
    if _QUOTED_KEY in line:
        # What was cut off has no end, and so is no message.
        for message in _MESSAGE.findall(line) or [_QUOTED_KEY]:
            if _QUOTED_KEY in message:
                yield _parsed(_unquoted(message))
    elif _KEY in line:
        yield _parsed(line)


def _unquoted(message: str) -> str:
    try:
        return str(json.loads(message))
    except json.JSONDecodeError:
        return ""


def _parsed(text: str) -> Exposure | None:
    try:
        return _Line.model_validate_json(text[max(text.find("{"), 0) :].strip()).exposure
    except ValidationError:
        return None
