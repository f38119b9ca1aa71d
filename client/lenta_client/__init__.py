"""A client of Lenta's API.

    with Lenta("https://….execute-api.eu-central-1.amazonaws.com") as lenta:
        for post in lenta.recommendations(200, limit=3).recommendations:
            print(post.id, post.topic, post.score)

The methods are called as the operations of the API's OpenAPI document, and what they return has the
fields of its schemas.
"""

from lenta_client.answers import (
    Health,
    Post,
    PostScore,
    Reason,
    Recommendations,
    Reranking,
    ScoredPost,
)
from lenta_client.client import Lenta
from lenta_client.errors import (
    ForbiddenError,
    InvalidCallError,
    LentaError,
    NoAnswerError,
    ProblemError,
    UnauthorizedError,
    UnavailableError,
    UnexpectedAnswerError,
)

__all__ = [
    "ForbiddenError",
    "Health",
    "InvalidCallError",
    "Lenta",
    "LentaError",
    "NoAnswerError",
    "Post",
    "PostScore",
    "ProblemError",
    "Reason",
    "Recommendations",
    "Reranking",
    "ScoredPost",
    "UnauthorizedError",
    "UnavailableError",
    "UnexpectedAnswerError",
]
