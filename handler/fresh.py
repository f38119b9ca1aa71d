"""A bounded share of the feed for posts that hardly anybody has seen yet.

By its text alone such a post hardly ever comes first, so nobody would ever see it.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import chain

import numpy as np
import numpy.typing as npt

MOST_CANDIDATES = 512
"""So many fresh posts are scored for a feed at most, which bounds what it costs."""


def fresh_places(length: int, share: Fraction) -> int:
    """How many places of a feed of that length are fresh posts': floor(length * share)."""
    return length * share.numerator // share.denominator  # a float's 0.29 * 100 is less than 29


def candidates(
    fresh: npt.NDArray[np.int64], left_out: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """int64: the first MOST_CANDIDATES fresh rows that are not left out; both ascend."""
    # However many fresh posts there are, the first so many hold enough.
    first = fresh[: MOST_CANDIDATES + len(left_out)]
    return first[np.isin(first, left_out, assume_unique=True, invert=True)][:MOST_CANDIDATES]


def mixed(best: Sequence[int], fresh: Sequence[int], share: Fraction) -> list[int]:
    """The feed: as long as `best`, with fresh posts at the fresh places.

    A fresh place has the best fresh post not yet placed, while there is one; every other place, the
    best of all not yet placed.

    Args:
        best: the best posts, each once, best first.
        fresh: the best fresh posts, each once, best first: as many as `best` if there are so many,
            for all before a fresh place may be fresh and have come there by their scores.
        share: of the places, from 0 to 1.
    """
    placed: dict[int, None] = {}  # which keeps the order
    left = (post for post in best if post not in placed)
    left_fresh = (post for post in fresh if post not in placed)
    for place in range(len(best)):
        is_fresh = fresh_places(place + 1, share) > fresh_places(place, share)
        placed[next(chain(left_fresh, left) if is_fresh else left)] = None
    return list(placed)
