"""Collaborative filtering: posts that were liked by those who liked what the reader liked.

Sarwar et al., "Item-based collaborative filtering recommendation algorithms", WWW 2001; with the
shrinkage of Koren, "Factorization meets the neighborhood", KDD 2008, for pairs seldom seen.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from train.evaluation.scorers import Scorer, past_of
from train.evaluation.world import World
from train.features.rows import Features
from train.split import Split

_SHRINKAGE = 10.0
_BLOCK = 256


def item_item(world: World, split: Split, _seed: int) -> Scorer:
    """Cosine of the likes of two posts, summed over what the reader liked before the day.

    Likeness is learned from the readers learned from, before the split.
    """
    learners = np.unique(past_of(world, split).pairs["user_id"])
    likes = world.likes[world.likes["user_id"].isin(learners)]
    known = likes[likes["day"] < np.datetime64(split.test_from)]
    similar = _similarities(_matrix(known["user_id"], known["post_id"], world))

    def score(features: Features) -> npt.NDArray[np.float64]:
        pairs = features.pairs
        visits, of = np.unique(
            np.stack((pairs["user_id"], pairs["day"].astype("datetime64[D]").astype(np.int64))),
            axis=1,
            return_inverse=True,
        )
        of, post = of.ravel(), world.posts_of(features)
        liked = _liked_before(world, visits)
        found = np.zeros(len(post))
        order = np.argsort(of, kind="stable")
        for start in range(0, visits.shape[1], _BLOCK):
            first, end = np.searchsorted(of[order], (start, start + _BLOCK))
            rows = order[first:end]
            scores = (liked[start : start + _BLOCK] @ similar).toarray()
            found[rows] = scores[of[rows] - start, post[rows]]
        return found

    return score


def _liked_before(world: World, visits: npt.NDArray[np.int64]) -> sparse.csr_matrix:
    """Visits by posts: 1 where the reader of the visit had liked the post before its day."""
    table = pd.DataFrame({"user_id": visits[0], "as_of": visits[1].astype("datetime64[D]")})
    table["visit"] = np.arange(len(table))
    found = table.merge(world.likes, on="user_id")
    found = found[found["day"] < found["as_of"]]
    return _matrix(found["visit"], found["post_id"], world, rows=len(table))


def _matrix(
    row: pd.Series, post_id: pd.Series, world: World, rows: int | None = None
) -> sparse.csr_matrix:
    code = row.to_numpy() if rows is not None else pd.factorize(row)[0]
    count = rows if rows is not None else int(code.max(initial=-1)) + 1
    post = np.searchsorted(world.posts.index.to_numpy(), post_id)
    made = sparse.csr_matrix((np.ones(len(post)), (code, post)), shape=(count, len(world.posts)))
    made.data[:] = 1.0  # liked twice is liked
    return made


def _similarities(liked: sparse.csr_matrix) -> sparse.csr_matrix:
    both = (liked.T @ liked).tocoo()
    each = np.asarray(liked.sum(axis=0)).ravel()
    cosine = both.data / np.sqrt(each[both.row] * each[both.col])
    shrunk = cosine * both.data / (both.data + _SHRINKAGE)
    shrunk[both.row == both.col] = 0.0
    return sparse.csr_matrix((shrunk, (both.row, both.col)), shape=both.shape)
