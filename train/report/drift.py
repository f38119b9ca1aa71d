"""Feature drift: how far rows of features are from those of another release, column by column."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float32]

SOME = 0.1
MUCH = 0.25
"""The usual limits of the index: Siddiqi, see `stability_index`."""

_DECILES = np.linspace(0.1, 0.9, 9)
_FEW_VALUES = 10
_LEAST_SHARE = 1e-4
"""What an empty bin counts as, for the logarithm."""


@dataclass(frozen=True)
class Rows:
    """Rows of features: float32 [n, columns]."""

    columns: tuple[str, ...]
    features: npt.NDArray[np.float32]

    def column(self, name: str) -> Column:
        """float32 [n]."""
        values: Column = self.features[:, self.columns.index(name)]
        return values


@dataclass(frozen=True)
class Drift:
    """How a column has moved.

    Attributes:
        kind: of the rows, "reader" or "post".
        column: its name.
        index: the population stability index, 0 for none; None where the column is new.
    """

    kind: str
    column: str
    index: float | None

    @property
    def verdict(self) -> str:
        """What the usual limits make of it."""
        if self.index is None:
            return "new"
        return "much" if self.index > MUCH else "some" if self.index > SOME else "little"


def stability_index(before: Column, now: Column) -> float:
    """The population stability index of a column, from both its samples.

    The sum over bins of (q - p) ln(q / p), p and q being the shares of rows before and now:
    Siddiqi, "Credit Risk Scorecards", Wiley 2006, who calls more than .1 some change and more than
    .25 a major one. The bins are the deciles of `before`, or its values where there are at most
    ten; NaN is a bin of its own. Without any drift it is about bins x (1/n + 1/m).

    Args:
        before: float32 [n], n > 0.
        now: float32 [m], m > 0.
    """
    known = before[~np.isnan(before)]
    values = np.unique(known)
    if len(values) > _FEW_VALUES:
        values = np.unique(np.quantile(known, _DECILES))
    p, q = (_shares(column, values) for column in (before, now))
    return float(((q - p) * np.log(q / p)).sum())


def compare(before: Mapping[str, Rows], now: Mapping[str, Rows]) -> list[Drift]:
    """Every column of the rows of now, kind by kind, those that moved most first."""
    found = [
        Drift(kind, name, _index(before[kind], rows, name))
        for kind, rows in now.items()
        for name in rows.columns
    ]
    return sorted(found, key=lambda drift: -np.inf if drift.index is None else -drift.index)


def gone(before: Mapping[str, Rows], now: Mapping[str, Rows]) -> list[str]:
    """The columns that are no more."""
    return [
        name
        for kind, rows in before.items()
        for name in rows.columns
        if name not in now[kind].columns
    ]


def _index(before: Rows, now: Rows, name: str) -> float | None:
    if name not in before.columns:
        return None
    return stability_index(before.column(name), now.column(name))


def _shares(column: Column, values: Column) -> npt.NDArray[np.float64]:
    missing = np.isnan(column)
    bins = np.where(missing, len(values) + 1, np.searchsorted(values, column))
    counts = np.bincount(bins, minlength=len(values) + 2)
    return np.maximum(counts / len(column), _LEAST_SHARE)
