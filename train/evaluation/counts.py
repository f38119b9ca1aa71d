"""Views and likes counted by day, so that each rate is as of the start of a day."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Counts:
    """What was counted before each day: row `d` of a table knows the days before `first` + d.

    Attributes:
        first: the first day of the feed.
        views: float64 [days + 1, keys], whole numbers unless older days fade.
        likes: the same, of the views that were liked.
    """

    first: np.datetime64
    views: Floats
    likes: Floats

    def as_of(self, day: Days, key: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Views and likes of each key before each day; a day after the last knows all."""
        row = (day.astype("datetime64[D]") - self.first).astype(np.int64)
        row = np.clip(row, 0, len(self.views) - 1)
        return self.views[row, key], self.likes[row, key]

    def summed(self, keys: npt.NDArray[np.int64], count: int) -> "Counts":
        """Counts of `count` groups, where `keys` int64 [keys] says which group a key belongs to."""
        return Counts(self.first, *(_grouped(t, keys, count) for t in (self.views, self.likes)))


def count_days(
    day: Days,
    key: npt.NDArray[np.int64],
    amounts: tuple[Floats, Floats],
    keys: int,
    *,
    fade: float = 1.0,
) -> Counts:
    """Cumulate daily counts.

    Args:
        day: datetime64[D] [n], each with a key and its views and likes on that day.
        key: int64 [n], from 0 to `keys` - 1.
        amounts: views and likes, float64 [n] each.
        keys: how many there are.
        fade: what a day weighs of the day after it.
    """
    day = day.astype("datetime64[D]")
    first = day.min()
    place = (day - first).astype(np.int64) * keys + key
    days = int((day.max() - first).astype(np.int64)) + 1
    views, likes = (
        _cumulated(np.bincount(place, amount, days * keys).astype(float).reshape(days, keys), fade)
        for amount in amounts
    )
    return Counts(first, views, likes)


def smoothed(counted: tuple[Floats, Floats], prior: Floats, weight: float) -> Floats:
    """Likes per view, drawn towards `prior` as if that had been seen `weight` times already."""
    views, likes = counted
    return (likes + weight * prior) / (views + weight)


def _cumulated(daily: Floats, fade: float) -> Floats:
    known = np.zeros((len(daily) + 1, daily.shape[1]))
    for row, counted in enumerate(daily):
        known[row + 1] = fade * known[row] + counted
    return known


def _grouped(table: Floats, keys: npt.NDArray[np.int64], count: int) -> Floats:
    return np.stack([table[:, keys == group].sum(axis=1) for group in range(count)], axis=1)
