"""The sessions of all folds in one table, with every scorer's scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from train.evaluation import slates
from train.evaluation.slates import Slates, group_slates, place_among_equals
from train.features.rows import Features
from train.learn import popularity

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """What was shown in one window, and how it was scored.

    Attributes:
        features: the pairs shown, by reader and time.
        scores: float64 [pairs] of each scorer.
        fold: the number of the window.
    """

    features: Features
    scores: dict[str, Floats]
    fold: int


@dataclass(frozen=True)
class Sessions:
    """Sessions to be re-ranked.

    Attributes:
        slates: a slate a session.
        pairs: `user_id`, `post_id`, `time`, `fold` of each row, in the order of the slates.
        scores: float64 [rows] of each scorer.
        ranks: int64 [rows] of each, from 0 within a session; equal scores are ordered as served.
    """

    slates: Slates
    pairs: dict[str, npt.NDArray[Any]]
    scores: dict[str, Floats]
    ranks: dict[str, npt.NDArray[np.int64]]

    @property
    def windows(self) -> npt.NDArray[np.int64]:
        """int64 [rows]: a number for each reader and fold, for scores of different fits."""
        folds = self.pairs["fold"].max(initial=0) + 1
        found: npt.NDArray[np.int64] = self.slates.reader_of_row * folds + self.pairs["fold"]
        return found


def gather(windows: list[Scored]) -> Sessions | None:
    """All windows, whose scorers must be the same; None if nothing was shown in them."""
    windows = [window for window in windows if len(window.features.pairs["liked"])]
    if not windows:
        return None
    pairs = {
        name: np.concatenate([window.features.pairs[name] for window in windows])
        for name in ("user_id", "post_id", "time", "liked")
    }
    sizes = [len(window.features.pairs["liked"]) for window in windows]
    pairs["fold"] = np.repeat([window.fold for window in windows], sizes)
    session = pairs["time"] * (pairs["fold"].max() + 1) + pairs["fold"]
    place = [
        place_among_equals(popularity(window.features), window.features.pairs["post_id"])
        for window in windows
    ]
    shown = group_slates(pairs["user_id"], session, pairs["liked"], np.concatenate(place))
    scores = {
        name: np.concatenate([window.scores[name] for window in windows])
        for name in windows[0].scores
    }
    kept = {name: pairs[name] for name in ("user_id", "post_id", "time", "fold")}
    return Sessions(
        shown, kept, scores, {name: slates.ranks(shown, found) for name, found in scores.items()}
    )
