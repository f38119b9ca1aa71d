"""From features to a model and an honest measure of it."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from artifacts.proofs import Evaluation
from train.errors import TrainError
from train.evaluation.report import LENTA, POPULARITY, evaluate
from train.evaluation.slates import group_slates, place_among_equals
from train.features.build import Features
from train.fit import fit
from train.inputs import model_inputs
from train.split import Split


@dataclass(frozen=True)
class Learned:
    """The model to publish, and how well the way it was made did on later days."""

    booster: lgb.Booster
    evaluation: Evaluation


def learn(features: Features, split: Split, seed: int) -> Learned:
    """Find the number of trees, measure a model of the past on the future, and fit the last one.

    Three fits: on the earliest days, stopped by the days held out; on both, with that many trees,
    measured on the test days; on all days, which is the model that is published.

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
    names = features.schema.model
    inputs = model_inputs(features, np.ones(len(liked), bool))
    first = fit(
        inputs[early], liked[early], names, seed=seed,
        held_out=(inputs[past & ~early], liked[past & ~early]),
    )  # fmt: skip
    trees = max(1, first.best_iteration)
    measured = fit(inputs[past], liked[past], names, seed=seed, trees=trees)
    evaluation = _measure(measured, features, ~past, split, seed)
    return Learned(fit(inputs, liked, names, seed=seed, trees=trees), evaluation)


def _measure(
    booster: lgb.Booster,
    features: Features,
    test: npt.NDArray[np.bool_],
    split: Split,
    seed: int,
) -> Evaluation:
    pairs = {name: column[test] for name, column in features.pairs.items()}
    served = model_inputs(features, test)
    likes = features.schema.post.index("post_like_rate")
    popularity = features.posts[pairs["post_row"], likes].astype(np.float64)
    shown = group_slates(
        pairs["user_id"],
        pairs["session"],
        pairs["liked"],
        place_among_equals(popularity, pairs["post_id"]),
    )
    margins = np.asarray(booster.predict(served, raw_score=True), np.float64)
    return evaluate(
        shown,
        {LENTA: margins, POPULARITY: popularity},
        test_since=split.test_from,
        test_until=split.last,
        seed=seed,
    )
