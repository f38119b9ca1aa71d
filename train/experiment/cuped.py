"""CUPED: what readers liked before the experiment tells part of what they like in it.

Deng, Xu, Kohavi and Walker, "Improving the sensitivity of online controlled experiments by
utilizing pre-experiment data", WSDM 2013. By chance an arm has readers who like more than others
did before; what that makes of the metric is taken off. The arm was not known then, so nothing of
its effect is.
"""

from dataclasses import dataclass

import numpy as np

from train.experiment.gather import Floats, Readers
from train.experiment.ratios import Ratio

_BELIEVED_VIEWS = 20.0
"""A rate of so many views is believed by half: one like of one view is no rate of 1."""


@dataclass(frozen=True)
class Adjusted:
    """The arms' ratios after the adjustment.

    Attributes:
        ratios: as they were given, adjusted.
        reduction: the share of the influences' variance that is gone; 0 without history.
        with_history: the share of the readers who have any.
    """

    ratios: list[Ratio]
    reduction: float
    with_history: float


def covariates(readers: Readers) -> Floats:
    """float64 [readers, 2] of readers as they were before: 0 for those who had seen nothing.

    How far a reader's like rate is from that of all, and how many more likes than others with as
    many views: a ratio's influence grows with what a reader was shown.
    """
    views, likes = readers.views_before, readers.likes_before
    rate = likes.sum() / max(views.sum(), 1)
    more = likes - rate * views
    return np.stack((more / (views + _BELIEVED_VIEWS), more), axis=1)


def adjust(ratios: list[Ratio], before: list[Floats]) -> Adjusted:
    """Take off what the covariates foretell, in all arms by the same coefficients.

    Args:
        ratios: of each arm.
        before: of each arm's readers the covariates, float64 [readers, columns].
    """
    if any(np.isnan(ratio.value) for ratio in ratios):
        return Adjusted(ratios, 0.0, 0.0)  # an arm that was shown nothing
    everyone = np.concatenate(before)
    within = np.concatenate([rows - rows.mean(axis=0) for rows in before])
    influence = np.concatenate([ratio.influence for ratio in ratios])
    # By the pseudo-inverse: columns may be constant, or the same.
    theta = np.linalg.lstsq(within, influence, rcond=None)[0]
    middle = everyone.mean(axis=0)
    adjusted = [
        Ratio(
            ratio.value - float((rows.mean(axis=0) - middle) @ theta),
            ratio.influence - (rows - rows.mean(axis=0)) @ theta,
        )
        for ratio, rows in zip(ratios, before, strict=True)
    ]
    spread = influence.var()
    left = np.concatenate([ratio.influence for ratio in adjusted]).var()
    return Adjusted(
        adjusted,
        float(1 - left / spread) if spread > 0 else 0.0,
        float(everyone.any(axis=1).mean()),
    )
