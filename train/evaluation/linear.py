"""A logistic regression of who the reader is, what the post is about, and both together."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from train.evaluation.scorers import Scorer, past_of
from train.evaluation.world import World
from train.features.rows import Features
from train.features.schema import BANDS
from train.split import Split

_MOST_ROWS = 300_000
_MOST_ROUNDS = 200
_COUNTRIES = 10
"""The largest; the others count as one."""


def logistic_regression(world: World, split: Split, seed: int) -> Scorer:
    """One column a category, and one for each with each topic; scikit-learn's own regularisation.

    Where a world has more pairs, rows are drawn.
    """
    past = past_of(world, split)
    columns = _Columns(world)
    chosen = np.arange(len(past.pairs["liked"]))
    if len(chosen) > _MOST_ROWS:
        chosen = np.random.default_rng(seed).choice(chosen, _MOST_ROWS, replace=False)
    model = LogisticRegression(max_iter=_MOST_ROUNDS, tol=1e-3)
    model.fit(columns(past)[chosen], past.pairs["liked"][chosen])

    def score(features: Features) -> npt.NDArray[np.float64]:
        return np.asarray(model.decision_function(columns(features)), np.float64)

    return score


class _Columns:
    """Pairs to a sparse table of ones."""

    def __init__(self, world: World) -> None:
        self._world = world
        readers = world.readers
        largest = readers["country"].value_counts().index[:_COUNTRIES]
        country = readers["country"].where(readers["country"].isin(largest), "other")
        codes = [
            pd.factorize(column)[0] + 1  # 0: not known
            for column in (
                readers["gender"], readers["exp_group"], country, readers["os"], readers["source"],
            )
        ]  # fmt: skip
        self._codes = np.stack(codes, axis=1)
        self._topics = int(world.topics.max()) + 1

    def __call__(self, features: Features) -> sparse.csr_matrix:
        reader = self._world.readers.index.get_indexer(pd.Index(features.pairs["user_id"]))
        profile = np.column_stack((self._codes[reader], self._world.bands_of(features)))
        topic = self._world.topics[self._world.posts_of(features)]
        hour = features.pairs["time"] // 3600 % 24
        widths = [*(self._codes.max(axis=0) + 1), len(BANDS)]
        crossed = [profile[:, i] * self._topics + topic for i in range(profile.shape[1])]
        blocks = [*profile.T, topic, hour, *crossed]
        sizes = [*widths, self._topics, 24, *(width * self._topics for width in widths)]
        offsets = np.cumsum([0, *sizes])
        places = np.stack(blocks, axis=1) + offsets[:-1]
        rows, count = places.shape
        return sparse.csr_matrix(
            (np.ones(rows * count), places.ravel(), np.arange(0, rows * count + 1, count)),
            shape=(rows, offsets[-1]),
        )
