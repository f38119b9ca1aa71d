"""Feeds of a few readers, as the release will serve them, for a person to judge."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from train.evaluation.slates import CUTOFF
from train.evaluation.world import World
from train.features.rows import FeatureRows
from train.features.schema import Schema
from train.retrieval.requests import Ranker

KNOWN_READERS = 4
"""One of each quarter, the youngest to the oldest."""

_LIKED_LATELY = 3


@dataclass(frozen=True)
class Post:
    """A post; `score`, the log odds of a like, if it is recommended."""

    id: int
    topic: str
    text: str
    score: float | None = None

    @property
    def chance(self) -> float:
        """The probability of a like."""
        return float(1 / (1 + np.exp(-(self.score or 0.0))))


@dataclass(frozen=True)
class Feed:
    """What a reader gets. The reader is described and not named: a report is passed around.

    Attributes:
        reader: who it is.
        liked: what the reader liked last, the latest first.
        posts: what is recommended, best first.
    """

    reader: str
    liked: tuple[Post, ...]
    posts: tuple[Post, ...]


@dataclass(frozen=True)
class NewRelease:
    """What the new release answers with.

    Attributes:
        rank: its graph, over `posts`.
        readers: their rows, by ascending id.
        posts: in the order of the ranker's rows.
        moment: epoch seconds of the network's own clock, when the readers ask.
    """

    rank: Ranker
    readers: FeatureRows
    posts: FeatureRows
    moment: int


def sample_feeds(served: NewRelease, world: World, seed: int) -> list[Feed]:
    """Feeds of readers of different ages who have liked something, and of an unknown one."""
    feeds = [_feed_of(served, world, int(reader)) for reader in _drawn(served, world, seed)]
    nobody = np.full(served.readers.features.shape[1], np.nan, np.float32)
    return [
        *feeds,
        Feed(
            "A reader nobody knows", (), _recommended(served, world, nobody, np.empty(0, np.int64))
        ),
    ]


def _drawn(served: NewRelease, world: World, seed: int) -> Sequence[np.int64]:
    readers = np.intersect1d(served.readers.ids, world.likes["user_id"].to_numpy(np.int64))
    ages = world.readers["age"].reindex(readers).to_numpy(np.float64)
    by_age = readers[np.argsort(ages, kind="stable")]
    generator = np.random.default_rng(seed)
    return [generator.choice(part) for part in np.array_split(by_age, KNOWN_READERS) if len(part)]


def _feed_of(served: NewRelease, world: World, reader: int) -> Feed:
    row = served.readers.features[np.searchsorted(served.readers.ids, reader)]
    likes = (
        world.likes[world.likes["user_id"] == reader]
        .sort_values(["day", "post_id"], ascending=False, kind="stable")["post_id"]
        .drop_duplicates()
    )
    known = np.flatnonzero(np.isin(served.posts.ids, likes.to_numpy()))
    return Feed(
        _described(world.readers.loc[[reader]].iloc[0], row, world.features.schema),
        tuple(_post(world, int(post)) for post in likes[:_LIKED_LATELY]),
        _recommended(served, world, row, known),
    )


def _described(profile: pd.Series, row: npt.NDArray[np.float32], schema: Schema) -> str:
    age = "Age not known" if pd.isna(profile["age"]) else f"Age {profile['age']:.0f}"
    country = "country not known" if pd.isna(profile["country"]) else profile["country"]
    # The feature is ln(1 + views).
    views = np.expm1(float(row[schema.reader.index("reader_views")]))
    return f"{age}, {country}, {views:,.0f} views"


def _recommended(
    served: NewRelease,
    world: World,
    row: npt.NDArray[np.float32],
    leave_out: npt.NDArray[np.int64],
) -> tuple[Post, ...]:
    answer = served.rank(row, served.moment, CUTOFF, leave_out)
    ids = served.posts.ids[answer.rows]
    return tuple(
        _post(world, int(post), float(score))
        for post, score in zip(ids, answer.scores, strict=True)
    )


def _post(world: World, post_id: int, score: float | None = None) -> Post:
    post = world.posts.loc[post_id]
    text = re.sub(r"\s*\n\s*", "\n", str(post["text"])).strip()
    return Post(post_id, str(post["topic"]), text, score)
