"""LightGBM on what readers were shown: will this reader like this post?"""

import os

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

PARAMETERS: dict[str, object] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    # A split must lower the loss by more than chance would: its gain is about twice the difference
    # in log-likelihood, and is the best of some thousands of splits tried. With 1 in its place,
    # the few readers of a small network are learned by heart, and the ranking falls to chance.
    "min_gain_to_split": 30.0,
    "lambda_l2": 10.0,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
MOST_TREES = 300
_FEW_ROWS = 50_000
"""Up to here one thread is as fast as two, and does not wait where other programs run."""

_PATIENCE = 20
"""Trees that may come without an improvement on the days held out."""


def fit(
    inputs: npt.NDArray[np.float32],
    liked: npt.NDArray[np.bool_],
    names: tuple[str, ...],
    *,
    seed: int,
    trees: int = MOST_TREES,
    held_out: tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]] | None = None,
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
    """
    parameters = PARAMETERS | {
        "seed": seed,
        "num_threads": (os.cpu_count() or 1) if len(liked) > _FEW_ROWS else 1,
    }
    learned = lgb.Dataset(inputs, liked, feature_name=list(names), free_raw_data=True)
    if held_out is None:
        return lgb.train(parameters, learned, trees)
    return lgb.train(
        parameters,
        learned,
        trees,
        valid_sets=[learned.create_valid(held_out[0], held_out[1])],
        callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
    )
