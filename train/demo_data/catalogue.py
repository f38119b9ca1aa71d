"""The posts: their ids, topics and themes, how often each is shown, and how much it pleases."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.demo_data.plan import Plan, Stream
from train.demo_data.taste import NEWS, THEMES_PER_TOPIC, TOPICS, Appeals, taste_axes

HOOKS_PER_TOPIC = 5

# Posts of each topic, and of those never shown, in the order of TOPICS: the network's own 7,023.
_POSTS = np.array([510, 386, 417, 510, 401, 1_799, 3_000])
_NEVER_SHOWN = 192
_NEVER_SHOWN_WEIGHTS = np.array([54, 6, 0, 2, 88, 35, 15]) / _POSTS
# How often an id follows a gap, and the chance that a gap ends with each id left out.
_GAP_SHARE, _GAP_ENDS = 0.0405, 0.958
_SHOWN_SPREAD = 0.40
"""Standard deviation of the log of how often a post is shown, within its topic."""

# Standard deviations of the log appeal: of the themes and of the hooks, which the words tell, and
# of the rest.
_NEWS_SPREAD = (0.085, 0.085, 0.125)
_OTHER_SPREAD = (0.040, 0.040, 0.165)


@dataclass(frozen=True)
class Catalogue:
    """All posts, in the order of their ids.

    Attributes:
        post_id: int64 [posts], rising, with gaps.
        topic: Index in `TOPICS`, int64 [posts].
        hook: Index among the topic's hooks, int64 [posts].
        shown: Relative frequency of being shown within the topic, float64 [posts]; sums to 1 for
            each topic.
        appeals: Themes and appeal.
        axes: Places of the themes, float64 [themes, axes].
    """

    post_id: NDArray[np.int64]
    topic: NDArray[np.int64]
    hook: NDArray[np.int64]
    shown: NDArray[np.float64]
    appeals: Appeals
    axes: NDArray[np.float64]


def draw_catalogue(plan: Plan) -> Catalogue:
    """Draws the posts, all but their texts."""
    rng = plan.rng(Stream.CATALOGUE)
    count = plan.posts
    axes = taste_axes(rng)
    gaps = 1 + (rng.random(count) < _GAP_SHARE) * rng.geometric(_GAP_ENDS, count)
    topic = np.repeat(np.arange(len(TOPICS)), _scaled(_POSTS, count))
    theme = topic * THEMES_PER_TOPIC + rng.integers(0, THEMES_PER_TOPIC, count)
    hook = rng.integers(0, HOOKS_PER_TOPIC, count)
    shown = _draw_shown(rng, topic)
    appeal = _draw_appeal(rng, topic, theme, hook)
    for index in range(len(TOPICS)):
        of_topic = topic == index
        appeal[of_topic] -= np.log(np.average(np.exp(appeal[of_topic]), weights=shown[of_topic]))
    gaps[0] = 1
    return Catalogue(
        np.cumsum(gaps), topic, hook, shown, Appeals(theme, appeal.astype(np.float32)), axes
    )


def _scaled(counts: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Counts with the given total in the given proportions, at least 1 each (largest remainder)."""
    exact = counts / counts.sum() * total
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    whole[np.argsort(whole - exact, kind="stable")[: total - whole.sum()]] += 1
    for missing in np.flatnonzero(whole == 0):
        whole[np.argmax(whole)] -= 1
        whole[missing] = 1
    return whole


def _draw_shown(rng: np.random.Generator, topic: NDArray[np.int64]) -> NDArray[np.float64]:
    shown = np.exp(rng.normal(0, _SHOWN_SPREAD, len(topic)))
    weights = _NEVER_SHOWN_WEIGHTS[topic]
    weights[np.searchsorted(topic, np.arange(len(TOPICS)))] = (
        0  # the first post of a topic is always shown
    )
    never = round(_NEVER_SHOWN * len(topic) / _POSTS.sum())
    never = min(never, int(np.count_nonzero(weights)))
    if never:
        shown[rng.choice(len(topic), never, replace=False, p=weights / weights.sum())] = 0
    share: NDArray[np.float64] = shown / np.bincount(topic, weights=shown)[topic]
    return share


def _draw_appeal(
    rng: np.random.Generator,
    topic: NDArray[np.int64],
    theme: NDArray[np.int64],
    hook: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Log appeal [posts]; themes and hooks add evenly spaced scores, shuffled for each topic."""
    spread = np.array([_NEWS_SPREAD if name in NEWS else _OTHER_SPREAD for name in TOPICS])[topic]
    themes = _even_scores(rng, THEMES_PER_TOPIC).ravel()[theme]
    hooks = _even_scores(rng, HOOKS_PER_TOPIC)[topic, hook]
    parts = np.stack([themes, hooks, rng.normal(size=len(topic))], axis=1)
    appeal: NDArray[np.float64] = (spread * parts).sum(axis=1)
    return appeal


def _even_scores(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Evenly spaced scores of mean 0 and variance 1, shuffled for each topic: [topics, count]."""
    scores = np.arange(count) - (count - 1) / 2
    scores /= scores.std()
    return rng.permuted(np.tile(scores, (len(TOPICS), 1)), axis=1)
