"""Metrics of many scorers on the same resamples of readers: their differences have intervals, too.

Whole readers are drawn, with all that they were shown: the rows of one reader are not independent.
A difference is taken within each resample. Efron and Tibshirani, "An Introduction to the
Bootstrap", 1993, section 13.3 (percentile interval).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from train.evaluation.slates import Slates

RESAMPLES = 2_000
_QUANTILES = (0.025, 0.975)
_BINS = 200

_RESAMPLES_AT_ONCE = 250

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Sample:
    """A metric: of all readers, and of each resample, float64 [RESAMPLES]."""

    value: float
    resampled: Floats

    @property
    def estimate(self) -> Estimate:
        """With its 95 % interval."""
        return _interval(self.value, self.resampled)

    def less(self, other: "Sample") -> Estimate:
        """The difference, with its 95 % interval."""
        return _interval(self.value - other.value, self.resampled - other.resampled)

    def share(self, floor: "Sample", ceiling: "Sample") -> Estimate:
        """How much of the way from `floor` to `ceiling` this is, with its 95 % interval."""
        with np.errstate(divide="ignore", invalid="ignore"):
            resampled = (self.resampled - floor.resampled) / (ceiling.resampled - floor.resampled)
            value = np.float64(self.value - floor.value) / (ceiling.value - floor.value)
        return _interval(float(value), resampled)


class Resamples:
    """The same draws of readers for all that is compared.

    Args:
        readers: how many there are.
        seed: of the draws.
    """

    def __init__(self, readers: int, seed: int) -> None:
        generator = np.random.default_rng(seed)
        even = np.full(readers, 1.0 / readers)
        # How often each reader is in each resample: single bytes, for there may be many readers.
        self._weights = np.concatenate(
            [
                generator.multinomial(readers, even, size=_RESAMPLES_AT_ONCE).astype(np.uint8)
                for _ in range(RESAMPLES // _RESAMPLES_AT_ONCE)
            ]
        )
        self._readers = readers

    def mean(self, values: Floats, reader: npt.NDArray[np.int64], weight: Floats) -> Sample:
        """A weighted mean of [n] values that belong to readers; NaN is left out."""
        return self.means(values, reader, weight[:, np.newaxis])[0]

    def means(self, values: Floats, reader: npt.NDArray[np.int64], weights: Floats) -> list[Sample]:
        """Means of [n] values by several weights [n, k]; NaN is left out."""
        known = np.nan_to_num(values)
        weights = np.where(np.isnan(values)[:, np.newaxis], 0.0, weights)
        columns = np.concatenate((known[:, np.newaxis] * weights, weights), axis=1)
        of_readers = np.stack([self._by_reader(reader, column) for column in columns.T], axis=1)
        with np.errstate(invalid="ignore"):
            value = np.divide(*np.split(of_readers.sum(axis=0), 2))
            resampled = np.divide(*np.split(self._resampled(of_readers), 2, axis=1))
        return [Sample(float(one), many) for one, many in zip(value, resampled.T, strict=True)]

    def over_slates(self, shown: Slates, values: Floats) -> Sample:
        """The mean of float64 [slates]."""
        return self.mean(values, shown.readers, np.ones(len(values)))

    def auc(self, shown: Slates, scores: Floats, fold: npt.NDArray[np.int64]) -> Sample:
        """The chance that a like has a higher score than a view without, of the same fold.

        The value is exact. In the resamples, scores of a fold are equal that share one of 200
        quantiles: among likes of thousands this moves the ends of an interval by less than they
        move with the seed.
        """
        exact = _groups_auc(scores, shown.liked, fold)
        value = float(
            np.divide((exact.auc * exact.pairs)[exact.pairs > 0].sum(), exact.pairs.sum())
        )
        bins = _quantiles(scores, fold)
        shape = (self._readers, (int(fold.max()) + 1) * _BINS)
        likes, others = (
            self._resampled(
                sparse.csr_matrix((kind.astype(float), (shown.reader_of_row, bins)), shape=shape)
            )
            for kind in (shown.liked, ~shown.liked)
        )
        likes, others = (table.reshape(RESAMPLES, -1, _BINS) for table in (likes, others))
        below = np.cumsum(others, axis=2) - others / 2
        pairs = (likes.sum(axis=2) * others.sum(axis=2)).sum(axis=1)
        with np.errstate(invalid="ignore"):
            return Sample(value, (likes * below).sum(axis=(1, 2)) / pairs)

    def gauc(self, shown: Slates, scores: Floats, windows: npt.NDArray[np.int64]) -> Sample:
        """The AUC of each reader and fold, weighted by impressions.

        Zhu et al., "Deep interest network for click-through rate prediction", KDD 2018. Readers who
        liked all or nothing have none and are left out.

        Args:
            shown: the impressions.
            scores: float64 [rows].
            windows: int64 [rows], a number for each reader and fold.
        """
        _, first, group = np.unique(windows, return_index=True, return_inverse=True)
        found = _groups_auc(scores, shown.liked, group)
        reader = shown.reader_of_row[first]
        return self.mean(found.auc, reader, np.bincount(group).astype(np.float64))

    def _resampled(self, of_readers: Floats | sparse.csr_matrix) -> Floats:
        """[readers, columns] summed over the readers of each resample: [RESAMPLES, columns]."""
        parts = np.split(self._weights, RESAMPLES // _RESAMPLES_AT_ONCE)
        return np.concatenate([part.astype(np.float64) @ of_readers for part in parts])

    def _by_reader(self, reader: npt.NDArray[np.int64], values: Floats) -> Floats:
        return np.bincount(reader, values, self._readers).astype(np.float64)


@dataclass(frozen=True)
class _Auc:
    auc: Floats
    pairs: Floats


def _groups_auc(scores: Floats, liked: npt.NDArray[np.bool_], group: npt.NDArray[np.int64]) -> _Auc:
    """The AUC of each group from mid-ranks, and its pairs of a like and none; NaN where none."""
    order = np.lexsort((scores, group))
    ordered, score, like = group[order], scores[order], liked[order].astype(np.float64)
    tie = np.cumsum(np.r_[True, (np.diff(ordered) != 0) | (np.diff(score) != 0)]) - 1
    sizes = np.bincount(tie)
    ends = np.cumsum(sizes)
    middle = (ends - (sizes - 1) / 2)[tie]
    rows = np.bincount(ordered)
    middle -= (np.cumsum(rows) - rows)[ordered]
    likes = np.bincount(ordered, like)
    pairs = likes * (rows - likes)
    concordant = np.bincount(ordered, middle * like) - likes * (likes + 1) / 2
    with np.errstate(invalid="ignore"):
        return _Auc(concordant / np.where(pairs > 0, pairs, np.nan), pairs)


def _quantiles(scores: Floats, fold: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    bins = np.empty(len(scores), np.int64)
    for number in np.unique(fold):
        here = fold == number
        inner = np.quantile(scores[here], np.linspace(0, 1, _BINS + 1)[1:-1])
        bins[here] = number * _BINS + np.searchsorted(inner, scores[here], "right")
    return bins


def _interval(value: float, resampled: Floats) -> Estimate:
    if np.isnan(resampled).all():
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.nanquantile(resampled, _QUANTILES)
    return Estimate(value, float(low), float(high))
