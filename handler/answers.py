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

Source = Annotated[
    Literal["model", "cold_start", "fallback"],
    Field(
        description="`model`; `cold_start` for a reader unknown to the release; `fallback` where "
        "the reader's features cannot be had now, and the answer is as for an unknown reader, or "
        "where the texts of the best posts cannot, and it is of posts whose texts are at hand"
    ),
]
PostId = Annotated[Int64, Field(description="the post")]
Text = Annotated[str, Field(description="the post's text")]
Topic = Annotated[str, Field(description="the post's topic")]
Score = Annotated[float, Field(description="the log odds that the reader likes the post")]
UserId = Annotated[Int64, Field(description="the reader")]
Arm = Annotated[
    str,
    Field(description="the arm of the experiment that answered, `control` where there is none"),
]
Release = Annotated[str, Field(description="the release that answered")]


class Post(BaseModel):
    """A recommended post."""

    id: PostId
    text: Text
    topic: Topic


class Reason(BaseModel):
    """Why a post is recommended."""

    reason: Code = Field(description="its name, which stays whatever becomes of the words")
    text: str = Field(description="the reason in words, for the reader")


class ScoredPost(Post):
    """A recommended post and the log odds that the reader likes it."""

    score: Score
    reasons: Annotated[list[Reason], Field(max_length=MOST)] = Field(
        default=[], description="the weightiest first; only where `explain` is true"
    )


class PostScore(BaseModel):
    """A post's id and the log odds that the reader likes it."""

    id: PostId
    score: Score


class Recommendations(BaseModel):
    """A feed, best post first but for the share of fresh posts, where one is set."""

    user_id: UserId
    exp_group: Arm
    release: Release
    source: Source
    recommendations: list[ScoredPost] = Field(description="the posts, best first")


class RerankRequest(BaseModel):
    """Posts to put in order for a reader."""

    user_id: JsonId = Field(description="the reader")
    time: JsonMoment = Field(
        default=None,
        description="when the feed is shown; a number is seconds since 1970; by default now",
    )
    post_ids: list[JsonId] = Field(
        min_length=1, max_length=MOST_POSTS,
        description="the posts, 1 to 1,000; given twice, a post is answered once",
    )  # fmt: skip


class Reranking(BaseModel):
    """The given posts, best first; those that the release does not know are listed apart."""

    user_id: UserId
    exp_group: Arm
    release: Release
    source: Source
    posts: list[PostScore] = Field(description="those that the release knows, best first")
    unknown_post_ids: list[Int64] = Field(
        description="those that the release does not hold, ascending"
    )


class Health(BaseModel):
    """Which release is served, and how old its features are."""

    status: Literal["ok"] = Field(default="ok", description="a release answers")
    release: Release
    exp_group: Arm
    created_at: datetime = Field(description="when the release was published, in UTC")
    data_until: Annotated[
        datetime,
        Field(description="the end of its data, by the network's own clock"),
        WithJsonSchema({"type": "string", "format": LOCAL}),
    ]
    feature_age_seconds: int = Field(description="from `data_until`, by that clock, to now")
    readers: int = Field(description="how many it knows")
    posts: int = Field(description="how many it holds")


class Problem(BaseModel):
    """Why there is no answer, in a sentence."""

    detail: str = Field(description="the sentence")
