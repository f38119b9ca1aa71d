"""What the ranking is compared with, and the ranking itself: all score the same pairs.

A scorer is fitted to a world's days before one day. It sees a pair as `Features` have it: who,
what, when, and as of which day (`pairs["day"]`): counts that it looks up are those before that day.
"""

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from train import learn
from train.evaluation.counts import smoothed
from train.evaluation.world import World
from train.features.rows import Features
from train.features.schema import BANDS
from train.split import Split

Floats = npt.NDArray[np.float64]
Scorer = Callable[[Features], Floats]
"""Pairs to their scores, float64 [pairs]: the higher, the earlier."""
Fit = Callable[[World, Split, int], Scorer]
"""A world, its days and a seed; nothing from `split.test_from` on may be learned from."""

LENTA = "lenta"
POPULARITY = "popularity"
RECENT_POPULARITY = "recent popularity"
TOPIC_AND_AGE = "popularity by topic and age"

WEIGHT_OF_POST = 300.0
WEIGHT_OF_BAND = 400.0
"""Views after which a like rate counts for more than its prior, as in the features."""


def past_of(world: World, split: Split) -> Features:
    """The pairs that may be learned from."""
    day = world.features.pairs["day"].astype("datetime64[D]")
    return world.features.select(day < np.datetime64(split.test_from))


@dataclass(frozen=True)
class Lenta:
    """The model as a run measures it."""

    booster: lgb.Booster

    def __call__(self, features: Features) -> Floats:
        """Margins: the log odds of a like."""
        return learn.margins(self.booster, features)


def lenta(world: World, split: Split, seed: int) -> Lenta:
    """LightGBM on the features."""
    return Lenta(learn.fit_past(world.features, split, seed))


def popularity(_world: World, _split: Split, _seed: int) -> Scorer:
    """Posts by their smoothed like rate, which also orders equal scores of all others."""
    return learn.popularity


def recent_popularity(world: World, _split: Split, _seed: int) -> Scorer:
    """The same with days that fade by half every two weeks."""
    topics = world.topics
    by_topic = world.faded_views.summed(topics, topics.max() + 1)

    def score(features: Features) -> Floats:
        post, day = world.posts_of(features), features.pairs["day"]
        everyone = _mean(by_topic.as_of(day, topics[post]))
        return smoothed(world.faded_views.as_of(day, post), everyone, WEIGHT_OF_POST)

    return score


def topic_and_age(world: World, _split: Split, _seed: int) -> Scorer:
    """Topics by their like rate in the reader's age band."""
    bands = len(BANDS)
    topics = world.topics
    all_ages = np.arange((topics.max() + 1) * bands) // bands
    by_topic = world.topic_views.summed(all_ages, topics.max() + 1)

    def score(features: Features) -> Floats:
        topic, day = topics[world.posts_of(features)], features.pairs["day"]
        counted = world.topic_views.as_of(day, topic * bands + world.bands_of(features))
        return smoothed(counted, _mean(by_topic.as_of(day, topic)), WEIGHT_OF_BAND)

    return score


CHEAP_BASELINES: dict[str, Fit] = {
    POPULARITY: popularity,
    RECENT_POPULARITY: recent_popularity,
    TOPIC_AND_AGE: topic_and_age,
}
"""Those that cost next to nothing: every run measures them."""


def _mean(counted: tuple[Floats, Floats]) -> Floats:
    views, likes = counted
    return (likes + 1.0) / (views + 10.0)
