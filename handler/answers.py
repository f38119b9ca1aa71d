"""What the calls answer, as the API's documentation shows it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Source = Literal["model", "cold_start"]
"""`cold_start`: the reader is not known to the release."""


class Post(BaseModel):
    """A recommended post."""

    id: int
    text: str
    topic: str


class ScoredPost(Post):
    """A recommended post and the log odds that the reader likes it."""

    score: float


class PostScore(BaseModel):
    """A post's id and the log odds that the reader likes it."""

    id: int
    score: float


class Recommendations(BaseModel):
    """A feed, best post first."""

    user_id: int
    exp_group: str = Field(description="the arm of the experiment, or `control`")
    release: str
    source: Source
    recommendations: list[ScoredPost]


class RerankRequest(BaseModel):
    """Posts to put in order for a reader."""

    user_id: int = Field(ge=-(2**63), lt=2**63)
    time: datetime | None = None
    post_ids: list[int] = Field(min_length=1, max_length=1_000)


class Reranking(BaseModel):
    """The given posts, best first; those that the release does not know are listed apart."""

    user_id: int
    exp_group: str
    release: str
    source: Source
    posts: list[PostScore]
    unknown_post_ids: list[int]


class Health(BaseModel):
    """Which release is served, and how old its features are."""

    status: Literal["ok"] = "ok"
    release: str
    exp_group: str
    created_at: datetime
    data_until: datetime = Field(description="the network's own clock")
    feature_age_seconds: int = Field(description="from the end of the data to now")
    readers: int
    posts: int


class Problem(BaseModel):
    """Why there is no answer, in a sentence."""

    detail: str
