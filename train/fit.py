"""LightGBM on what readers were shown: will this reader like this post?"""

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from train.threads import cores

_PARAMETERS: dict[str, object] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "lambda_l2": 10.0,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}

_RISING = {
    "reader_like_rate", "peer_like_rate", "topic_like_rate", "topic_lift", "text_affinity",
    "post_like_rate", "peers_early_share", "peers_like_rate",
}  # fmt: skip
"""The more was liked, the more likely is a like: a tree may not learn the opposite."""

_INTERACTING = (
    {
        "reader_like_rate", "topic_like_rate", "topic_lift", "text_affinity", "post_like_rate",
        "age", "peers_early_share", "peers_like_rate",
    },
    {"topic", "text_length", "post_age", "post_like_rate", "peers_early_share", "peers_like_rate"},
    {
        "gender", "age", "exp_group", "country_size", "city_size", "is_ios", "is_organic",
        "reader_views", "reader_like_rate", "peer_like_rate", "hour", "weekday",
    },
)  # fmt: skip
"""What a tree may combine: a reader's interests; a post's own appeal; who, when and where in the
session, which moves all posts alike. Trees that may combine a profile with a post's topic or age
learn the few readers of a small network by heart, and rank at chance."""

MOST_TREES = 300

_PATIENCE = 20
"""Trees that may come without an improvement on the days held out."""

_FEW_ROWS = 50_000
"""Up to here one thread is as fast as two, and does not wait where other programs run."""


def fit(
    inputs: npt.NDArray[np.float32],
    liked: npt.NDArray[np.bool_],
    names: tuple[str, ...],
    *,
    seed: int,
    trees: int = MOST_TREES,
    held_out: tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]] | None = None,
    threads: int | None = None,
) -> lgb.Booster:
    """Fit a booster; the same rows and seed give the same one.

    Args:
        inputs: float32 [n, F].
        liked: bool [n].
        names: of the F inputs.
        seed: of the sampling of rows and inputs.
        trees: how many at most.
        held_out: inputs and labels of later days, on which the fit stops in time; without them it
            makes all `trees`.
        threads: how many at most; by default one a core.
    """
    parameters = parameters_for(names, seed=seed, rows=len(liked), threads=threads)
    learned = lgb.Dataset(inputs, liked, feature_name=list(names))
    if held_out is None:
        return lgb.train(parameters, learned, trees)
    return lgb.train(
        parameters,
        learned,
        trees,
        valid_sets=[learned.create_valid(*held_out)],
        callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
    )


def parameters_for(
    names: tuple[str, ...], *, seed: int, rows: int, threads: int | None = None
) -> dict[str, object]:
    """LightGBM's parameters.

    Args:
        names: of the inputs.
        seed: of the sampling of rows and inputs.
        rows: how many are learned from.
        threads: how many at most; by default one a core.
    """
    return _PARAMETERS | {
        "seed": seed,
        "num_threads": (threads or cores()) if rows > _FEW_ROWS else 1,
        "monotone_constraints": [int(name in _RISING) for name in names],
        "interaction_constraints": [
            [place for place, name in enumerate(names) if name in group] for group in _INTERACTING
        ],
    }
