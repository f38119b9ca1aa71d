"""What the calls are asked and answer, as the API's documentation shows it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from handler.clock import LOCAL, JsonMoment
from handler.reasons import MOST, Code

MOST_POSTS = 1_000
"""How many posts a call may name."""


def _whole(value: object) -> object:
    """A float without a fraction as the integer that it is, as JSON Schema has it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Described by its format: FastAPI would write the bounds as floats, which are not those of 64 bits.
Int64 = Annotated[
    int,
    Field(ge=-(2**63), le=2**63 - 1),
    WithJsonSchema({"type": "integer", "format": "int64"}),
]
"""An id of a reader or a post."""

JsonId = Annotated[Int64, Field(strict=True), BeforeValidator(_whole)]
"""An id in JSON, which has numbers: neither `true` nor "1" is one, but 1.0 is."""

Source = Literal["model", "cold_start", "fallback"]
"""`cold_start`: the reader is not known to the release. `fallback`: the reader's features cannot be
had now, and the answer is as for a reader who is not known; or the texts of the best posts cannot,
and it is of others."""


class Post(BaseModel):
    """A recommended post."""

    id: Int64
    text: str
    topic: str


class Reason(BaseModel):
    """Why a post is recommended."""

    reason: Code
    text: str = Field(description="the reason in words, for the reader")


class ScoredPost(Post):
    """A recommended post and the log odds that the reader likes it."""

    score: float
    reasons: Annotated[list[Reason], Field(max_length=MOST)] = Field(
        default=[], description="the weightiest first; only where `explain` is true"
    )


class PostScore(BaseModel):
    """A post's id and the log odds that the reader likes it."""

    id: Int64
    score: float


class Recommendations(BaseModel):
    """A feed, best post first but for the share of fresh posts, where one is set."""

    user_id: Int64
    exp_group: str = Field(description="the arm of the experiment, or `control`")
    release: str
    source: Source
    recommendations: list[ScoredPost]


class RerankRequest(BaseModel):
    """Posts to put in order for a reader."""

    user_id: JsonId
    time: JsonMoment = None
    post_ids: list[JsonId] = Field(min_length=1, max_length=MOST_POSTS)


class Reranking(BaseModel):
    """The given posts, best first; those that the release does not know are listed apart."""

    user_id: Int64
    exp_group: str
    release: str
    source: Source
    posts: list[PostScore]
    unknown_post_ids: list[Int64]


class Health(BaseModel):
    """Which release is served, and how old its features are."""

    status: Literal["ok"] = "ok"
    release: str
    exp_group: str
    created_at: datetime
    data_until: Annotated[
        datetime,
        Field(description="the network's own clock"),
        WithJsonSchema({"type": "string", "format": LOCAL}),
    ]
    feature_age_seconds: int = Field(description="from the end of the data to now")
    readers: int
    posts: int


class Problem(BaseModel):
    """Why there is no answer, in a sentence."""

    detail: str
