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
    inputs = model_inputs(features, np.ones(len(liked), bool))
    names = features.schema.model
    measured, trees = _fit_past(inputs, liked, day, names, split=split, seed=seed)
    evaluation = _measure(measured, features, ~past, split, seed)
    return Learned(fit(inputs, liked, names, seed=seed, trees=trees), evaluation)


def fit_past(features: Features, split: Split, seed: int) -> lgb.Booster:
    """The model that `learn` measures: it knows no day from `split.test_from` on."""
    day = features.pairs["day"].astype("datetime64[D]")
    past = day < np.datetime64(split.test_from)
    inputs = model_inputs(features, past)
    liked, names = features.pairs["liked"][past], features.schema.model
    return _fit_past(inputs, liked, day[past], names, split=split, seed=seed)[0]


def margins(
    booster: lgb.Booster, features: Features, chosen: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """float64 [chosen]: raw scores of pairs."""
    inputs = model_inputs(features, chosen)
    return np.asarray(booster.predict(inputs, raw_score=True), np.float64)


def popularity(features: Features, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """float64 [chosen]: the smoothed like rate of each pair's post, which orders equal scores."""
    likes = features.schema.post.index("post_like_rate")
    rates: npt.NDArray[np.float32] = features.posts[features.pairs["post_row"][chosen], likes]
    return rates.astype(np.float64)


def _fit_past(
    inputs: npt.NDArray[np.float32],
    liked: npt.NDArray[np.bool_],
    day: npt.NDArray[np.datetime64],
    names: tuple[str, ...],
    *,
    split: Split,
    seed: int,
) -> tuple[lgb.Booster, int]:
    """Fit to the days before `split.test_from`, with as many trees as the last of them want."""
    early, past = day < np.datetime64(split.held_out_from), day < np.datetime64(split.test_from)
    first = fit(
        inputs[early], liked[early], names, seed=seed,
        held_out=(inputs[past & ~early], liked[past & ~early]),
    )  # fmt: skip
    trees = max(1, first.best_iteration)
    return fit(inputs[past], liked[past], names, seed=seed, trees=trees), trees


def _measure(
    booster: lgb.Booster,
    features: Features,
    test: npt.NDArray[np.bool_],
    split: Split,
    seed: int,
) -> Evaluation:
    pairs = {name: column[test] for name, column in features.pairs.items()}
    popular = popularity(features, test)
    shown = group_slates(
        pairs["user_id"],
        pairs["session"],
        pairs["liked"],
        place_among_equals(popular, pairs["post_id"]),
    )
    return evaluate(
        shown,
        {LENTA: margins(booster, features, test), POPULARITY: popular},
        test_since=split.test_from,
        test_until=split.last,
        seed=seed,
    )
