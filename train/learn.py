"""From features to models: one to publish, and one of the past to measure on the future."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from artifacts.proofs import LearningCurve
from train.errors import TrainError
from train.features.rows import Features
from train.fit import MOST_TREES, fit
from train.inputs import model_inputs
from train.learning_curve import FEW, PARTS, Chosen, drawn, measure_curve
from train.split import Split


@dataclass(frozen=True)
class Learned:
    """The models of a run.

    Attributes:
        booster: to publish; it knows all days.
        past: to measure; made the same way, it knows no day from the first test day on.
        curve: how many readers they were made from, and why.
    """

    booster: lgb.Booster
    past: lgb.Booster
    curve: LearningCurve

    @classmethod
    def parse(cls, text: str) -> "Learned":
        """From what `to_json` gave: LightGBM's own format holds every number exactly."""
        *boosters, curve = json.loads(text)
        booster, past = (lgb.Booster(model_str=model) for model in boosters)
        return cls(booster, past, LearningCurve.model_validate(curve))

    def to_json(self) -> str:
        """To be kept."""
        boosters = [booster.model_to_string() for booster in (self.booster, self.past)]
        return json.dumps([*boosters, self.curve.model_dump()])


@dataclass(frozen=True)
class Wanted:
    """One model.

    Attributes:
        chosen: bool [pairs], what it learns from.
        trees: how many at most.
        held_out: bool [pairs], later ones, on which the fit stops in time; without them all trees
            are made.
    """

    chosen: Chosen
    trees: int = MOST_TREES
    held_out: Chosen | None = None


class Fitter(Protocol):
    """Fits models to a run's pairs."""

    def __call__(self, wanted: Sequence[Wanted]) -> list[lgb.Booster]:
        """A booster of each; none needs another one."""
        ...


@dataclass(frozen=True)
class LocalFitter:
    """Fits here, one model after the other, with all cores.

    Attributes:
        inputs: float32 [pairs, F].
        liked: bool [pairs].
        names: of the F inputs.
        seed: of the sampling of rows and inputs.
    """

    inputs: npt.NDArray[np.float32]
    liked: npt.NDArray[np.bool_]
    names: tuple[str, ...]
    seed: int

    @classmethod
    def of(cls, features: Features, seed: int) -> "LocalFitter":
        """To fit to features."""
        liked = features.pairs["liked"]
        return cls(model_inputs(features), liked, features.schema.model, seed)

    def __call__(self, wanted: Sequence[Wanted]) -> list[lgb.Booster]:
        """Fit."""
        return [self._fit(model) for model in wanted]

    def _fit(self, wanted: Wanted) -> lgb.Booster:
        later = wanted.held_out
        return fit(
            self.inputs[wanted.chosen],
            self.liked[wanted.chosen],
            self.names,
            seed=self.seed,
            trees=wanted.trees,
            held_out=None if later is None else (self.inputs[later], self.liked[later]),
        )


def learn(features: Features, split: Split, fitter: Fitter, seed: int) -> Learned:
    """Find how many readers and trees are enough, fit a model of the past, and the one to publish.

    First fits to the earliest days, of all readers and of fewer, stopped by the days held out: they
    tell how many readers and trees it takes. Then with so many, a fit to all days before the test
    days, to be measured on those; and one to all days, which is the model that is published.

    Raises:
        TrainError: the days to learn from, or to measure on, hold no like or nothing but likes.
    """
    early, past = _days(features, split)
    later, liked = past & ~early, features.pairs["liked"]
    for chosen, purpose in ((early, "learn from"), (later, "stop by"), (~past, "measure on")):
        if not 0 < liked[chosen].sum() < chosen.sum():
            raise TrainError(
                f"of the {chosen.sum()} impressions to {purpose}, {liked[chosen].sum()} were "
                "liked: both kinds are needed"
            )
    user_id = features.pairs["user_id"]
    parts = PARTS if early.sum() > FEW else PARTS[:1]
    kept = [drawn(user_id, part) for part in parts]
    tried = fitter([Wanted(early & part, held_out=later) for part in kept])
    curve = measure_curve(
        tried,
        [int((early & part).sum()) for part in kept],
        [len(np.unique(user_id[early & part])) for part in kept],
        (model_inputs(features.select(later)), liked[later], user_id[later]),
        seed,
    )
    enough = kept[curve.chosen]
    trees = max(1, tried[curve.chosen].best_iteration)
    measured, whole = fitter([Wanted(past & enough, trees), Wanted(enough, trees)])
    return Learned(whole, measured, curve)


def fit_past(features: Features, split: Split, seed: int) -> lgb.Booster:
    """The model of the past that `learn` makes of all readers of the sample.

    It knows no day from `split.test_from` on.
    """
    _, past = _days(features, split)
    features = features.select(past)
    early, past = _days(features, split)
    fitter = LocalFitter.of(features, seed)
    (first,) = fitter([Wanted(early, held_out=~early)])
    (measured,) = fitter([Wanted(past, max(1, first.best_iteration))])
    return measured


def margins(booster: lgb.Booster, features: Features) -> npt.NDArray[np.float64]:
    """float64 [pairs]: log odds of a like."""
    return np.asarray(booster.predict(model_inputs(features), raw_score=True), np.float64)


def popularity(features: Features) -> npt.NDArray[np.float64]:
    """float64 [pairs]: the smoothed like rate of each pair's post, which orders equal scores."""
    likes = features.schema.post.index("post_like_rate")
    rates: npt.NDArray[np.float32] = features.posts[features.pairs["post_row"], likes]
    return rates.astype(np.float64)


def _days(features: Features, split: Split) -> tuple[Chosen, Chosen]:
    """The pairs before the days held out, and those before the test days."""
    day = features.pairs["day"].astype("datetime64[D]")
    return day < np.datetime64(split.held_out_from), day < np.datetime64(split.test_from)
