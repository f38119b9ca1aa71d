"""What the calls answer, and how it is read from JSON."""

from dataclasses import dataclass, is_dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

Source = Literal["model", "cold_start", "fallback"]
"""`cold_start`: the release does not know the reader. `fallback`: the reader's features, or the
texts of the best posts, cannot be had now."""

Code = Literal[
    "liked_topic", "peers_topic", "popular_topic", "liked_texts", "peers", "popular", "new"
]
"""Why a post is recommended, whatever the words."""


@dataclass(frozen=True)
class Post:
    """A recommended post."""

    id: int
    text: str
    topic: str


@dataclass(frozen=True)
class Reason:
    """Why a post is recommended; `text` says it to the reader."""

    reason: Code
    text: str


@dataclass(frozen=True)
class ScoredPost(Post):
    """A recommended post, the log odds that the reader likes it and, if asked for, why.

    Attributes:
        reasons: three at most, the weightiest first.
    """

    score: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class PostScore:
    """A post's id and the log odds that the reader likes it."""

    id: int
    score: float


@dataclass(frozen=True)
class Recommendations:
    """A feed, best post first but for the share of fresh posts, where one is set.

    Attributes:
        exp_group: the arm of the experiment that answered, or "control".
        release: the release that answered.
    """

    user_id: int
    exp_group: str
    release: str
    source: Source
    recommendations: tuple[ScoredPost, ...]


@dataclass(frozen=True)
class Reranking:
    """The given posts, best first; those that the release does not know are listed apart."""

    user_id: int
    exp_group: str
    release: str
    source: Source
    posts: tuple[PostScore, ...]
    unknown_post_ids: tuple[int, ...]


@dataclass(frozen=True)
class Health:
    """Which release is served, and how old its features are.

    Attributes:
        created_at: when the release was published, in UTC.
        data_until: the end of its data, by the network's own clock, without a zone.
    """

    status: Literal["ok"]
    release: str
    exp_group: str
    created_at: datetime
    data_until: datetime
    feature_age_seconds: int
    readers: int
    posts: int


T = TypeVar("T")


def read(kind: type[T], value: Any) -> T:  # noqa: ANN401 - any JSON
    """The value as that kind. Fields that the kind does not know are passed over.

    A value of a Literal may be one that a newer API has added.

    Raises:
        TypeError, ValueError: it is of another form.
    """
    made: Any
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise TypeError(f"{kind.__name__} is no object but {value!r}")
        hints = get_type_hints(kind)
        made = kind(**{name: read(hints[name], value[name]) for name in hints if name in value})
    elif get_origin(kind) is tuple:
        made = tuple(read(get_args(kind)[0], item) for item in _checked(value, list))
    elif get_origin(kind) is Literal:
        made = _checked(value, str)
    elif kind is datetime:
        made = datetime.fromisoformat(_checked(value, str))
    elif kind is float:
        made = float(_checked(value, int, float))
    else:
        made = _checked(value, kind)
    result: T = made
    return result


def _checked(value: Any, *kinds: type) -> Any:  # noqa: ANN401 - the same value
    if type(value) not in kinds:
        raise TypeError(f"{kinds[-1].__name__} expected, not {value!r}")
    return value
