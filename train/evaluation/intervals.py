"""Confidence intervals by the bootstrap over readers.

Whole readers are drawn, with all that they were shown: the rows of one reader are not independent.
Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3 (percentile interval).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.evaluation.slates import Slates

RESAMPLES = 500
_QUANTILES = (0.025, 0.975)


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def mean_over_slates(
    slates: Slates, values: npt.NDArray[np.float64], weights: npt.NDArray[np.int64]
) -> Estimate:
    """The mean of a metric over slates, NaN left out.

    Args:
        slates: whose slate is whose.
        values: float64 [slates].
        weights: int64 [RESAMPLES, readers] of `draw_readers`.
    """
    counted = ~np.isnan(values)
    sums = _by_reader(slates, np.where(counted, values, 0.0))
    counts = _by_reader(slates, counted.astype(np.float64))
    resampled = (weights @ sums) / np.maximum(weights @ counts, 1e-12)
    return _estimate(float(sums.sum() / max(counts.sum(), 1e-12)), resampled)


def auc(
    slates: Slates, scores: npt.NDArray[np.float64], weights: npt.NDArray[np.int64]
) -> Estimate:
    """The chance that a liked impression has a higher score than one not liked, over all rows.

    Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 1982; equal
    scores count half.

    Args:
        slates: the impressions.
        scores: float64 [rows].
        weights: int64 [RESAMPLES, readers] of `draw_readers`.
    """
    order = np.argsort(scores, kind="stable")
    reader, liked = slates.reader_of_row[order], slates.liked[order]
    # Rows of equal score form a group: its likes beat all that is below it, and half of itself.
    starts = np.concatenate(([0], np.flatnonzero(np.diff(scores[order])) + 1))

    def of(weight: npt.NDArray[np.int64]) -> float:
        row_weight = weight[reader].astype(np.float64)
        likes = np.add.reduceat(np.where(liked, row_weight, 0.0), starts)
        others = np.add.reduceat(np.where(liked, 0.0, row_weight), starts)
        below = np.cumsum(others) - others
        pairs = likes.sum() * others.sum()
        return float((likes * (below + others / 2)).sum() / pairs) if pairs else float("nan")

    everyone = np.ones(slates.reader_count, np.int64)
    return _estimate(of(everyone), np.array([of(weight) for weight in weights]))


def draw_readers(readers: int, seed: int, resamples: int = RESAMPLES) -> npt.NDArray[np.int64]:
    """int64 [resamples, readers]: how often each reader is in each resample."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(readers, np.full(readers, 1.0 / readers), size=resamples)


def _by_reader(slates: Slates, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.bincount(slates.readers, values, slates.reader_count).astype(np.float64)


def _estimate(value: float, resampled: npt.NDArray[np.float64]) -> Estimate:
    low, high = np.nanquantile(resampled, _QUANTILES)
    return Estimate(value, float(low), float(high))
