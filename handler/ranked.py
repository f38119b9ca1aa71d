"""Ranked posts, and whether a release ranks at all."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from artifacts import layout
from artifacts.errors import BrokenRelease
from handler.exploring import Exploration

_NOTHING = np.empty(0, np.int64)
_TRIED = 5


@dataclass(frozen=True)
class Ranked:
    """Posts, best first, or with fresh ones in between.

    Attributes:
        rows: int64 [n], rows of the catalogue.
        scores: float64 [n], log odds of a like.
        source: the reader's, or `fallback` where the best posts' texts cannot be had.
        exploration: how the first places were drawn, if they were.
    """

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    source: str
    exploration: Exploration | None = None


def try_out(rank: Callable[[npt.NDArray[np.int64], int], Ranked], count: int) -> None:
    """Refuse a graph that does not answer; besides, a first run is slower than the next.

    Args:
        rank: the best posts for somebody, without the rows that are left out, so many at most.
        count: of the catalogue's posts.

    Raises:
        BrokenRelease: what it answers is no feed.
    """
    length = min(_TRIED, count)
    try:
        best = rank(_NOTHING, length)
        without = rank(best.rows[:1], length)
        answers = (
            _is_feed(best, count)
            and len(best.rows) == length
            and _is_feed(without, count)
            and best.rows[0] not in without.rows
        )
    except Exception as error:  # onnxruntime raises classes of its own for every kind of fault
        raise BrokenRelease(f"{layout.RANKER} does not answer: {error}") from error
    if not answers:
        raise BrokenRelease(
            f"{layout.RANKER}, asked for {length} posts, answers {best.rows} with "
            f"{best.scores}, and without the first {without.rows} with {without.scores}"
        )


def _is_feed(ranked: Ranked, count: int) -> bool:
    rows, scores = ranked.rows, ranked.scores
    return bool(
        rows.dtype == np.int64
        and scores.dtype == np.float64
        and rows.shape == scores.shape == (len(rows),)
        and (rows >= 0).all()
        and (rows < count).all()
        and len(set(rows.tolist())) == len(rows)
        and np.isfinite(scores).all()
        and (scores[1:] <= scores[:-1]).all()
    )
