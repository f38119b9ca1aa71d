"""From features to models: one to publish, and one of the past to measure on the future."""

from dataclasses import dataclass
from typing import Protocol

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from train.errors import TrainError
from train.features.rows import Features
from train.fit import fit
from train.inputs import model_inputs
from train.split import Split

Chosen = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Learned:
    """The models of a run.

    Attributes:
        booster: to publish; it knows all days.
        past: to measure; made the same way, it knows no day from the first test day on.
    """

    booster: lgb.Booster
    past: lgb.Booster

    @classmethod
    def of_texts(cls, booster: str, past: str) -> "Learned":
        """The models of their texts, which hold every number exactly."""
        return cls(lgb.Booster(model_str=booster), lgb.Booster(model_str=past))

    @property
    def texts(self) -> tuple[str, str]:
        """The models in LightGBM's own format."""
        return self.booster.model_to_string(), self.past.model_to_string()


class Fitter(Protocol):
    """Fits the models of a run to its pairs."""

    def __call__(self, early: Chosen, past: Chosen) -> tuple[lgb.Booster, lgb.Booster]:
        """A booster of the past, and one of all pairs, with as many trees.

        As many as those of the past that are not early want, where only the early ones are known.
        """
        ...


@dataclass(frozen=True)
class LocalFitter:
    """Fits here, with all cores.

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

    def __call__(self, early: Chosen, past: Chosen) -> tuple[lgb.Booster, lgb.Booster]:
        """Fit one after the other."""
        measured, trees = self.past(early, past)
        return measured, fit(self.inputs, self.liked, self.names, seed=self.seed, trees=trees)

    def past(self, early: Chosen, past: Chosen) -> tuple[lgb.Booster, int]:
        """The booster of the past, and how many trees it has."""
        later = past & ~early
        first = fit(
            self.inputs[early],
            self.liked[early],
            self.names,
            seed=self.seed,
            held_out=(self.inputs[later], self.liked[later]),
        )
        trees = max(1, first.best_iteration)
        inputs, liked = self.inputs[past], self.liked[past]
        return fit(inputs, liked, self.names, seed=self.seed, trees=trees), trees


def learn(features: Features, split: Split, fitter: Fitter) -> Learned:
    """Find the number of trees, fit a model of the past, and the one to publish.

    Three fits: on the earliest days, stopped by the days held out; on both, with that many trees,
    to be measured on the test days; on all days, which is the model that is published.

    Raises:
        TrainError: the days to learn from, or to measure on, hold no like or nothing but likes.
    """
    early, past = _days(features, split)
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
    measured, booster = fitter(early, past)
    return Learned(booster, measured)


def fit_past(features: Features, split: Split, seed: int) -> lgb.Booster:
    """The model of the past that `learn` makes: it knows no day from `split.test_from` on."""
    _, past = _days(features, split)
    features = features.select(past)
    return LocalFitter.of(features, seed).past(*_days(features, split))[0]


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
