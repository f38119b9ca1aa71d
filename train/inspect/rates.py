"""Like rates of parts of the views, with intervals that know that a reader's views are alike."""

import math
from dataclasses import dataclass

from train.evaluation.bootstrap import Estimate
from train.evaluation.wilson import wilson

FEWEST_READERS = 10
"""Of fewer an interval says nothing: the counts are told alone."""


@dataclass(frozen=True)
class Sums:
    """Sums over the readers of a part, in whole numbers.

    Attributes:
        readers: those who were shown anything of it.
        views: of them all.
        likes: views that were liked.
        views_views: sum of the squares of each reader's views.
        views_likes: sum of each reader's views times likes.
        likes_likes: sum of the squares of each reader's likes.
    """

    readers: int
    views: int
    likes: int
    views_views: int
    views_likes: int
    likes_likes: int


def like_rate(sums: Sums) -> Estimate:
    """Likes per view; the interval is NaN for fewer than FEWEST_READERS.

    The variance is that of a ratio of sums over readers, by its linearization (Cochran, "Sampling
    Techniques", 1977, section 2.11). It tells how many independent views would vary as much, and
    Wilson's interval is taken of so many: unlike rate ± 1.96 errors it never leaves 0 to 1, and
    does not collapse where nobody liked anything (Korn and Graubard, Survey Methodology 1998).
    """
    views, likes = sums.views, sums.likes
    if not views:
        return Estimate(math.nan, math.nan, math.nan)
    rate = likes / views
    if sums.readers < FEWEST_READERS:
        return Estimate(rate, math.nan, math.nan)
    # The squares of likes - rate * views, summed, times views squared: exact in whole numbers.
    squares = (
        sums.likes_likes * views**2
        - 2 * sums.views_likes * likes * views
        + sums.views_views * likes**2
    )
    variance = sums.readers / (sums.readers - 1) * (squares / views**4)
    # Readers who are all the same tell no more than one view each would.
    trials = min(views, rate * (1 - rate) / variance) if squares else sums.readers
    return wilson(rate, trials)
