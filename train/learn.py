"""From features to models: one to publish, and one of the past to measure on the future."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from train.errors import TrainError
from train.features.rows import Features
from train.fit import fit
from train.inputs import model_inputs
from train.split import Split


@dataclass(frozen=True)
class Learned:
    """The models of a run.

    Attributes:
        booster: to publish; it knows all days.
        past: to measure; made the same way, it knows no day from the first test day on.
    """

    booster: lgb.Booster
    past: lgb.Booster


def learn(features: Features, split: Split, seed: int) -> Learned:
    """Find the number of trees, fit a model of the past, and the one to publish.

    Three fits: on the earliest days, stopped by the days held out; on both, with that many trees,
    to be measured on the test days; on all days, which is the model that is published.

    Raises:
        TrainError: the days to learn from, or to measure on, hold no like or nothing but likes.
    """
    day = features.pairs["day"].astype("datetime64[D]")
    early, past = day < np.datetime64(split.held_out_from), day < np.datetime64(split.test_from)
    liked = features.pairs["liked"]
    for chosen, purpose in (
        (early, "learn from"),
        (past & ~early, "stop by"),
        (~past, "measure on"),
    ):
        if not 0 < liked[chosen].sum() < chosen.sum():
            raise TrainError(
                f"of the {chosen.sum()} impressions to {purpose}, {liked[chosen].sum()} were "
                "liked: both kinds are needed"
            )
    inputs, names = model_inputs(features), features.schema.model
    measured, trees = _fit_past(inputs[past], liked[past], early[past], names, seed)
    return Learned(fit(inputs, liked, names, seed=seed, trees=trees), measured)


def fit_past(features: Features, split: Split, seed: int) -> lgb.Booster:
    """The model of the past that `learn` makes: it knows no day from `split.test_from` on."""
    day = features.pairs["day"].astype("datetime64[D]")
    past = features.select(day < np.datetime64(split.test_from))
    early = past.pairs["day"].astype("datetime64[D]") < np.datetime64(split.held_out_from)
    inputs, names = model_inputs(past), past.schema.model
    return _fit_past(inputs, past.pairs["liked"], early, names, seed)[0]


def margins(booster: lgb.Booster, features: Features) -> npt.NDArray[np.float64]:
    """float64 [pairs]: log odds of a like."""
    return np.asarray(booster.predict(model_inputs(features), raw_score=True), np.float64)


def popularity(features: Features) -> npt.NDArray[np.float64]:
    """float64 [pairs]: the smoothed like rate of each pair's post, which orders equal scores."""
    likes = features.schema.post.index("post_like_rate")
    rates: npt.NDArray[np.float32] = features.posts[features.pairs["post_row"], likes]
    return rates.astype(np.float64)


def _fit_past(
    inputs: npt.NDArray[np.float32],
    liked: npt.NDArray[np.bool_],
    early: npt.NDArray[np.bool_],
    names: tuple[str, ...],
    seed: int,
) -> tuple[lgb.Booster, int]:
    """Fit to all rows, with as many trees as those that are not early want."""
    first = fit(
        inputs[early], liked[early], names, seed=seed, held_out=(inputs[~early], liked[~early])
    )
    trees = max(1, first.best_iteration)
    return fit(inputs, liked, names, seed=seed, trees=trees), trees
