"""What the model goes by: how much each input gains, and which way it moves the score."""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

GRID = 20
"""Values at which a dependence is taken."""

_OUTERMOST = 0.025
"""Beyond this quantile, at both ends, too few rows are for a curve to be trusted."""


@dataclass(frozen=True)
class Importance:
    """An input, and its share of the gain of all splits."""

    name: str
    share: float


@dataclass(frozen=True)
class Dependence:
    """The partial dependence of the score on an input.

    Attributes:
        name: of the input.
        values: float32 [g], ascending.
        effects: float64 [g], what the value adds to the log odds, 0 on the mean over the values.
        few: whether these are all values that there are.
    """

    name: str
    values: npt.NDArray[np.float32]
    effects: npt.NDArray[np.float64]
    few: bool


def importance(booster: lgb.Booster) -> list[Importance]:
    """All inputs, the most important first."""
    gain = booster.feature_importance("gain")
    shares = gain / max(gain.sum(), np.finfo(float).tiny)
    named = zip(booster.feature_name(), shares.tolist(), strict=True)
    return [Importance(*found) for found in sorted(named, key=lambda part: (-part[1], part[0]))]


def dependence(
    booster: lgb.Booster, inputs: npt.NDArray[np.float32], names: Sequence[str]
) -> list[Dependence]:
    """The mean score where an input is set to one value in all rows, value by value.

    Friedman, "Greedy function approximation", Annals of Statistics 2001, section 8.2.

    Args:
        booster: the model.
        inputs: float32 [n, F], a sample of real rows.
        names: of the inputs wanted; one that no row has gets no curve.
    """
    places = {name: booster.feature_name().index(name) for name in names}
    known = [name for name, place in places.items() if not np.isnan(inputs[:, place]).all()]
    return [_dependence(booster, inputs, name, places[name]) for name in known]


def _dependence(
    booster: lgb.Booster, inputs: npt.NDArray[np.float32], name: str, place: int
) -> Dependence:
    known = inputs[~np.isnan(inputs[:, place]), place]
    values = np.unique(known)
    few = len(values) <= GRID
    if not few:
        levels = np.linspace(_OUTERMOST, 1 - _OUTERMOST, GRID)
        values = np.unique(np.quantile(known, levels, method="nearest"))
    effects = np.empty(len(values))
    rows = inputs.copy()
    for number, value in enumerate(values):
        rows[:, place] = value
        effects[number] = np.asarray(booster.predict(rows, raw_score=True)).mean()
    return Dependence(name, values, effects - effects.mean(), few)
