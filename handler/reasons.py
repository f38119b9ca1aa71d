"""Why a post is recommended, in words.

The graph tells by how much each reason that holds raises a post's score. What the reader has liked
is known here: nobody is told to have liked what they have not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from artifacts import layout

Code = Literal[
    "liked_topic", "peers_topic", "popular_topic", "liked_texts", "peers", "popular", "new"
]
"""What a reason is called, whatever the language of its text."""

_WORDS: dict[Code, str] = {
    "liked_topic": "you have liked {topic} before",
    "peers_topic": "readers like you often like {topic}",
    "popular_topic": "readers often like {topic}",
    "liked_texts": "its text is like those of posts you have liked",
    "peers": "readers of your age like it more than others do",
    "popular": "readers like it more than most posts",
    "new": "it is new",
}

MOST = 3
"""Reasons of a post."""

_LEAST = 0.02
"""In log odds: what raises the odds of a like by less than a fiftieth is no reason."""


class Reason(NamedTuple):
    """A reason to recommend a post: its code, and words for the reader."""

    code: Code
    text: str


@dataclass(frozen=True)
class Situation:
    """What must be known to say nothing but what is true.

    Attributes:
        known: whether the release knows the reader.
        liked_topics: of the posts that the reader has liked.
        recent: whether what was new to the release still is.
    """

    known: bool
    liked_topics: frozenset[str]
    recent: bool


def reasons_for(raised: Sequence[float], topic: str, situation: Situation) -> list[Reason]:
    """The reasons to recommend a post, the weightiest first.

    Args:
        raised: by how much each of `layout.REASONS` raises the post's score, in log odds.
        topic: of the post.
        situation: of the reader and the time.
    """
    weighed = zip(layout.REASONS, raised, strict=True)
    heavy = [(reason, weight) for reason, weight in weighed if weight >= _LEAST]
    heavy.sort(key=lambda found: -found[1])
    codes = [code for reason, _ in heavy if (code := _code(reason, topic, situation))]
    return [Reason(code, _WORDS[code].format(topic=topic)) for code in codes[:MOST]]


def _code(reason: str, topic: str, situation: Situation) -> Code | None:
    """What may be said where the reason holds, or None."""
    match reason:
        case layout.REASON_TOPIC:
            if topic in situation.liked_topics:
                return "liked_topic"
            # The rate of who has liked none of it comes from the readers' who are alike.
            return "peers_topic" if situation.known else "popular_topic"
        case layout.REASON_TEXT:
            return "liked_texts" if situation.liked_topics else None
        case layout.REASON_PEERS:
            return "peers" if situation.known else None
        case layout.REASON_POPULAR:
            return "popular"
        case _:
            return "new" if situation.recent else None
