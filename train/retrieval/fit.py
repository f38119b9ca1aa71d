"""Fits the first stage to exact scores.

The scores of sampled readers are a table of low rank. Its singular vectors (Eckart and Young, "The
approximation of one matrix by another of lower rank", Psychometrika 1936) are what readers' vectors
should be; which posts' scores tell them best is found by QR with column pivoting (Businger and
Golub, "Linear least squares solutions by Householder transformations", Numerische Mathematik 1965).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr

from train.retrieval.model import Retrieval

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]

ANCHORS = 64

_RIDGE = 1e-3
_SAMPLED_POSTS = 20_000
"""So many posts tell as well as a million which directions there are."""


def fit_retrieval(
    scores: Scores,
    posts: npt.NDArray[np.float32],
    dimensions: Sequence[int],
    candidates: int,
) -> list[Retrieval]:
    """A first stage for each number of dimensions; all have the same anchors.

    Args:
        scores: float32 [requests, N], exact scores, rounded.
        posts: float32 [N, P].
        dimensions: of the vectors, less the one for what a post has whoever reads.
        candidates: how many posts they are to keep.
    """
    sample = np.linspace(0, len(posts) - 1, min(len(posts), _SAMPLED_POSTS)).astype(int)
    # What moves all posts of a reader alike does not change their order.
    centered = scores[:, sample].astype(np.float64)
    centered -= centered.mean(axis=1, keepdims=True)
    centered -= centered.mean(axis=0)
    _, _, directions = np.linalg.svd(centered, full_matrices=False)
    _, order = qr(directions[:ANCHORS], mode="r", pivoting=True)
    anchors = sample[order[:ANCHORS]]
    seen = scores[:, anchors].astype(np.float64)
    seen = _with_one(seen - seen.mean(axis=1, keepdims=True))
    fitted = []
    for count in dimensions:
        weights = _regress(seen, centered @ directions[:count].T)
        fitted.append(
            Retrieval(
                posts[anchors],
                weights[:-1].astype(np.float32),
                weights[-1].astype(np.float32),
                candidates,
            )
        )
    return fitted


def fit_vectors(readers: Floats, scores: Scores) -> Vectors:
    """The vectors of posts, float32 [D, N]: by the readers' they come closest to the scores.

    Args:
        readers: float64 [requests, D], their last number is 1.
        scores: float32 [requests, N], exact scores, rounded.
    """
    found = _solve(readers, readers.T.astype(np.float32) @ scores)
    # The readers' means are taken away here: a copy of the scores could be too large.
    return (found - _regress(readers, scores.mean(axis=1, keepdims=True))).astype(np.float32)


def _with_one(columns: Floats) -> Floats:
    return np.column_stack((columns, np.ones(len(columns))))


def _regress(columns: Floats, targets: Floats) -> Floats:
    """Coefficients of the ridge regression of `targets` on `columns`."""
    return _solve(columns, columns.T @ targets)


def _solve(columns: Floats, products: npt.NDArray[np.floating[Any]]) -> Floats:
    """The same, of the targets' products with the columns."""
    square = columns.T @ columns
    ridge = _RIDGE * np.trace(square) / len(square) * np.eye(len(square))
    found: Floats = np.linalg.solve(square + ridge, products)
    return found
