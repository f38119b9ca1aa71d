"""Metrics of re-ranking what readers were shown.

A slate is what a reader was shown in one session. The feed was nearly random, so a slate is a fair
sample of the catalogue, and its likes tell which of its posts should have come first.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

CUTOFF = 5
"""Posts in a feed: the default `limit` of a request."""


@dataclass(frozen=True)
class Slates:
    """Impressions grouped by slate: the rows of a slate are neighbours.

    Attributes:
        starts: int64 [slates], the first row of each.
        sizes: int64 [slates].
        readers: int64 [slates], whose slate it is, as an index from 0 to `reader_count` - 1.
        reader_count: how many readers there are.
        liked: bool [rows].
        place: int64 [rows], which of equally scored posts is served first: the lowest.
    """

    starts: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    readers: npt.NDArray[np.int64]
    reader_count: int
    liked: npt.NDArray[np.bool_]
    place: npt.NDArray[np.int64]

    @property
    def slate_of_row(self) -> npt.NDArray[np.int64]:
        """int64 [rows]: the slate that a row belongs to."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def reader_of_row(self) -> npt.NDArray[np.int64]:
        """int64 [rows]: the reader that a row was shown to."""
        return np.repeat(self.readers, self.sizes)

    @property
    def likes(self) -> npt.NDArray[np.int64]:
        """int64 [slates]: how many posts of each were liked."""
        return np.add.reduceat(self.liked.astype(np.int64), self.starts)


def group_slates(
    user_id: npt.NDArray[np.int64],
    session: npt.NDArray[np.int64],
    liked: npt.NDArray[np.bool_],
    place: npt.NDArray[np.int64],
) -> Slates:
    """Group rows that are sorted by reader and session, all of length [rows]."""
    changes = (np.diff(user_id) != 0) | (np.diff(session) != 0)
    starts = np.concatenate(([0], np.flatnonzero(changes) + 1))
    sizes = np.diff(np.append(starts, len(user_id)))
    readers, index = np.unique(user_id[starts], return_inverse=True)
    return Slates(starts, sizes, index.astype(np.int64), len(readers), liked, place)


def place_among_equals(
    popularity: npt.NDArray[np.float64], post_id: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """int64 [rows]: the order in which equally scored posts are served, most liked first."""
    order = np.lexsort((post_id, -popularity))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def ranks(slates: Slates, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """int64 [rows]: 0 for the row of each slate with the highest score.

    Equal scores are ordered as they are served. Never by when they were shown: readers tire within
    a session, so the order of showing tells what was liked.
    """
    order = np.lexsort((slates.place, -scores, slates.slate_of_row))
    found = np.empty(len(scores), np.int64)
    found[order] = np.arange(len(scores)) - np.repeat(slates.starts, slates.sizes)
    return found


def hit_rate(slates: Slates, rank: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """float64 [slates]: 1 where a liked post is among the first CUTOFF, else 0."""
    hits = slates.liked & (rank < CUTOFF)
    return np.minimum(np.add.reduceat(hits.astype(np.float64), slates.starts), 1.0)


def ndcg(
    slates: Slates, rank: npt.NDArray[np.int64], cutoff: int = CUTOFF
) -> npt.NDArray[np.float64]:
    """float64 [slates]: NDCG of the first `cutoff` with binary gains; NaN without a like.

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002.
    """
    gains = np.where(slates.liked & (rank < cutoff), _discount(rank), 0.0)
    ideal = np.concatenate(([np.nan], np.cumsum(_discount(np.arange(cutoff)))))
    return np.add.reduceat(gains, slates.starts) / ideal[np.minimum(slates.likes, cutoff)]


def reciprocal_rank(slates: Slates, rank: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """float64 [slates]: 1 / the place, from 1, of the first liked post; NaN without a like."""
    found = np.maximum.reduceat(np.where(slates.liked, 1.0 / (rank + 1.0), 0.0), slates.starts)
    return np.where(slates.likes > 0, found, np.nan)


def random_hit_rate(slates: Slates) -> npt.NDArray[np.float64]:
    """float64 [slates]: the exact expectation of `hit_rate` when the order is random."""
    sizes, others = slates.sizes, slates.sizes - slates.likes
    drawn = np.minimum(CUTOFF, sizes)
    misses: npt.NDArray[np.float64] = np.exp(
        gammaln(others + 1)
        - gammaln(np.maximum(others - drawn, 0) + 1)
        - gammaln(sizes + 1)
        + gammaln(sizes - drawn + 1)
    )
    return np.where(others >= drawn, 1.0 - misses, 1.0)


def random_ndcg(slates: Slates, cutoff: int = CUTOFF) -> npt.NDArray[np.float64]:
    """float64 [slates]: the exact expectation of `ndcg` when the order is random."""
    discounts = np.concatenate(([0.0], np.cumsum(_discount(np.arange(cutoff)))))
    shown = discounts[np.minimum(slates.sizes, cutoff)]
    ideal = np.where(slates.likes > 0, discounts[np.minimum(slates.likes, cutoff)], np.nan)
    expected: npt.NDArray[np.float64] = slates.likes / slates.sizes * shown / ideal
    return expected


def random_reciprocal_rank(slates: Slates) -> npt.NDArray[np.float64]:
    """float64 [slates]: the exact expectation of `reciprocal_rank` when the order is random."""
    kinds, of = np.unique(np.stack((slates.sizes, slates.likes)), axis=1, return_inverse=True)
    expected = [_expected_reciprocal(int(size), int(likes)) for size, likes in kinds.T]
    return np.array(expected)[of.ravel()]


def _expected_reciprocal(size: int, likes: int) -> float:
    if not likes:
        return float("nan")
    missed, expected = 1.0, 0.0  # the chance that none of the places before holds a like
    for place in range(size - likes + 1):
        hit = likes / (size - place)
        expected += missed * hit / (place + 1)
        missed *= 1 - hit
    return expected


def _discount(rank: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    discounts: npt.NDArray[np.float64] = 1.0 / np.log2(rank + 2.0)
    return discounts
