"""How likely a reader is to like a post: the one truth behind the generated feed.

A like is the first event of a Poisson process, so its probability is `1 - exp(-intensity)`, and the
intensity is a product of relative rates (a proportional hazards model with the complementary
log-log link): the reader's, the reader's for the post's theme, the post's, the month's and the
hour's, and the fatigue of a long session. All are kept as natural logarithms. The relative rates
were measured on the network's tables (docs/demo-data.md).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOPICS = ("business", "entertainment", "politics", "sport", "tech", "covid", "movie")
"""In the order of the posts' ids."""
NEWS = ("business", "entertainment", "politics", "sport", "tech")
THEMES_PER_TOPIC = 5
START = np.datetime64("2021-10-01T00:00:00", "s")
DAY = 86_400

_BASE = 0.216
_MONTHS = (0.76, 1.05, 1.19)
_HOURS = {6: 1.02, 7: 1.20} | dict.fromkeys(range(8, 13), 0.97) | dict.fromkeys(range(13, 19), 0.87)
_HOURS |= dict.fromkeys(range(19, 23), 1.235) | {23: 1.28}

_GENDERS = (0.925, 1.075)
_EXP_GROUPS = (0.82, 1.275, 1.275, 0.82, 0.82)
_COUNTRIES = {
    "Russia": 0.945,
    "Ukraine": 1.46,
    "Belarus": 1.53,
    "Kazakhstan": 1.51,
    "Turkey": 1.60,
    "Finland": 1.43,
    "Azerbaijan": 0.72,
}
_OTHER_COUNTRY = 1.2
_PERSONAL_SPREAD = 0.62
"""A reader's own rate is uniform within 1 +- this."""

_AGES = (16.0, 19.0, 22.5, 26.5, 33.0, 40.5, 50.0)
_AGE_TOPIC = {
    "business": (0.50, 0.68, 1.00, 1.08, 1.20, 1.30, 1.45),
    "entertainment": (0.55, 0.72, 0.95, 1.15, 1.35, 1.15, 1.40),
    "politics": (1.12, 1.36, 1.30, 0.95, 0.83, 0.75, 0.74),
    "sport": (1.27, 1.50, 1.28, 1.00, 0.64, 0.60, 0.62),
    "tech": (0.50, 0.66, 0.84, 0.82, 1.05, 0.90, 1.05),
    "covid": (0.92, 0.98, 0.97, 0.98, 1.22, 1.10, 1.08),
    "movie": (0.84, 0.99, 1.00, 1.05, 1.56, 1.15, 1.27),
}

_TOPIC_TASTE = 0.15
_THEME_TASTE = 0.20
_TASTE_AXES = 4

_TIRED = 0.275
_WEARY_PER_POST = 0.015


@dataclass(frozen=True)
class Tastes:
    """What readers like.

    Attributes:
        rate: Log relative rate at which each likes anything, float32 [readers].
        themes: Log relative rate for each theme, float32 [readers, themes].
    """

    rate: NDArray[np.float32]
    themes: NDArray[np.float32]


@dataclass(frozen=True)
class Appeals:
    """What posts are about, and how much they please.

    Attributes:
        theme: Theme of each post, int64 [posts]; `theme // THEMES_PER_TOPIC` is its index in
            `TOPICS`.
        appeal: Log relative rate at which anyone likes it, float32 [posts].
    """

    theme: NDArray[np.int64]
    appeal: NDArray[np.float32]


def taste_axes(rng: np.random.Generator) -> NDArray[np.float64]:
    """Places the themes in few dimensions, so that who likes one tends to like its neighbours.

    Returns:
        Unit vectors, float64 [themes, axes].
    """
    axes = rng.normal(size=(len(TOPICS) * THEMES_PER_TOPIC, _TASTE_AXES))
    unit: NDArray[np.float64] = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    return unit


def draw_tastes(
    rng: np.random.Generator,
    axes: NDArray[np.float64],
    *,
    gender: NDArray[np.int64],
    age: NDArray[np.int64],
    country: NDArray[np.str_],
    exp_group: NDArray[np.int64],
) -> Tastes:
    """Draws the tastes of readers with the given traits, each [readers]."""
    countries, index = np.unique(country, return_inverse=True)
    rate = np.log([_COUNTRIES.get(str(name), _OTHER_COUNTRY) for name in countries])[index]
    rate += np.log(_GENDERS)[gender] + np.log(_EXP_GROUPS)[exp_group]
    rate += np.log(rng.uniform(1 - _PERSONAL_SPREAD, 1 + _PERSONAL_SPREAD, len(age)))
    topics = np.log([np.interp(age, _AGES, _AGE_TOPIC[topic]) for topic in TOPICS]).T
    topics += _TOPIC_TASTE * rng.normal(size=topics.shape) - _TOPIC_TASTE**2 / 2
    themes = np.repeat(topics, THEMES_PER_TOPIC, axis=1)
    themes += (
        _THEME_TASTE * (rng.normal(size=(len(age), axes.shape[1])) @ axes.T) - _THEME_TASTE**2 / 2
    )
    return Tastes(rate.astype(np.float32), themes.astype(np.float32))


def calendar(seconds: NDArray[np.int64]) -> NDArray[np.float32]:
    """Log relative rate of month and hour at seconds since `START`; later months are Decembers."""
    days = np.arange(int(seconds.max(initial=0)) // DAY + 1)
    months = (START + days * DAY).astype("datetime64[M]").astype(np.int64) - START.astype(
        "datetime64[M]"
    ).astype(int)
    by_day = np.log(_MONTHS)[np.minimum(months, len(_MONTHS) - 1)]
    by_hour = np.log([_HOURS.get(hour, 1.0) for hour in range(24)])
    by_day_and_hour = (by_day[:, None] + by_hour).ravel().astype(np.float32)
    rate: NDArray[np.float32] = by_day_and_hour[seconds // 3600]
    return rate


def fatigue(position: NDArray[np.int64], *, tired: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Log relative rate of a view at a position in its session, from 0.

    A session in the network's tables is two runs of 10 to 19 posts; in the second a reader likes a
    third as often.
    """
    fresh = -_WEARY_PER_POST * position
    return np.where(tired, np.log(_TIRED), fresh).astype(np.float32)


def log_intensity(
    tastes: Tastes,
    reader: NDArray[np.int64],
    appeals: Appeals,
    post: NDArray[np.int64],
    seconds: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Log intensity of likes by readers who are not tired.

    Args:
        tastes: The readers'.
        reader: Rows of `tastes`.
        appeals: The posts'.
        post: Rows of `appeals`.
        seconds: Seconds since `START`.

    Returns:
        float32, in the shape that `reader`, `post` and `seconds` broadcast to: [views] for views,
        or [readers, posts] from `reader[:, None]`, `post[None, :]`.
    """
    themes = tastes.themes[reader, appeals.theme[post]]
    total: NDArray[np.float32] = (
        tastes.rate[reader] + themes + appeals.appeal[post] + calendar(seconds)
    )
    return total + np.float32(np.log(_BASE))


def like_probability(log_intensity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability of a like at the given log intensity, same shape, in [0, 1)."""
    probability: NDArray[np.float32] = -np.expm1(-np.exp(log_intensity))
    return probability
