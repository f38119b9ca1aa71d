"""All that a fold may know: the features of some readers and days, and the counts beside them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from train.evaluation.counts import Counts, count_days
from train.features.rows import Features
from train.features.schema import AGE_LIMITS, BANDS
from train.warehouse import Warehouse

HALF_LIFE_DAYS = 14

UNKNOWN_READER = -1
"""The id of a reader of whom nothing is known, not even the profile."""


@dataclass(frozen=True)
class World:
    """What is known.

    Attributes:
        features: of what was shown to the readers learned from.
        readers: profiles by `user_id`, with the row `UNKNOWN_READER`, of all readers.
        posts: `topic` and `text` by ascending `post_id`.
        post_views: views and likes of posts, by day, in the order of `posts`.
        faded_views: the same, where a day counts half of one two weeks later.
        topic_views: of topic and age band, by day.
        likes: `user_id`, `post_id`, `day` of every like.
    """

    features: Features
    readers: pd.DataFrame
    posts: pd.DataFrame
    post_views: Counts
    faded_views: Counts
    topic_views: Counts
    likes: pd.DataFrame

    @property
    def topics(self) -> npt.NDArray[np.int64]:
        """int64 [posts]: the code of each post's topic."""
        codes: npt.NDArray[np.int64] = self.posts["topic"].cat.codes.to_numpy().astype(np.int64)
        return codes

    def posts_of(self, features: Features) -> npt.NDArray[np.int64]:
        """int64 [pairs]: the row of `posts` of each pair."""
        return np.searchsorted(self.posts.index.to_numpy(), features.pairs["post_id"])

    def bands_of(self, features: Features) -> npt.NDArray[np.int64]:
        """int64 [pairs]: the age band of each pair's reader."""
        ages = self.readers["age"].reindex(features.pairs["user_id"]).to_numpy(np.float64)
        return age_bands(ages)


def age_bands(age: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """int64 [n]: the index in `BANDS` of each age; NaN, an age that is not known, is the last."""
    return np.where(np.isnan(age), len(BANDS) - 1, np.searchsorted(AGE_LIMITS, age, "right"))


def make_world(warehouse: Warehouse, features: Features) -> World:
    """Cumulate the warehouse's daily counts, of which the features are."""
    readers = warehouse.arrow("FROM readers ORDER BY user_id").to_pandas().set_index("user_id")
    posts = warehouse.arrow("FROM posts ORDER BY post_id").to_pandas().set_index("post_id")
    posts["topic"] = posts["topic"].astype("category")
    readers.loc[UNKNOWN_READER] = None
    daily = warehouse.arrays("FROM post_band_daily")
    of_post = np.searchsorted(posts.index.to_numpy(), daily["post_id"])
    everyone = daily["band"] == len(BANDS) - 1
    by_post = {name: column[everyone] for name, column in daily.items()}
    shown = of_post[everyone]
    of_topic = posts["topic"].cat.codes.to_numpy().astype(np.int64)[of_post]
    topics = len(posts["topic"].cat.categories)
    likes = warehouse.arrays(
        "SELECT user_id, post_id, day FROM liked_daily ORDER BY user_id, day, post_id"
    )
    return World(
        features=features,
        readers=readers,
        posts=posts,
        post_views=_counts(by_post, shown, len(posts)),
        faded_views=_counts(by_post, shown, len(posts), fade=0.5 ** (1 / HALF_LIFE_DAYS)),
        topic_views=_by_band(
            _counts(daily, of_topic * len(BANDS) + daily["band"], topics * len(BANDS))
        ),
        likes=pd.DataFrame(likes),
    )


def _counts(
    table: dict[str, npt.NDArray[Any]], key: npt.NDArray[np.int64], keys: int, fade: float = 1.0
) -> Counts:
    amounts = (table["views"].astype(np.float64), table["likes"].astype(np.float64))
    return count_days(table["day"], key, amounts, keys, fade=fade)


def _by_band(counted: Counts) -> Counts:
    """The last band of each topic, counted as everyone, becomes those of unknown age."""
    views, likes = (
        table.reshape(len(table), -1, len(BANDS)) for table in (counted.views, counted.likes)
    )
    for table in (views, likes):
        table[:, :, -1] -= table[:, :, :-1].sum(axis=2)
    return counted
