"""Whether a probability means what it says."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BINS = 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """A reliability curve of bins with as many rows each.

    Attributes:
        predicted: float64 [bins], the mean probability.
        observed: float64 [bins], the share that was liked.
        rows: int64 [bins].
    """

    predicted: Floats
    observed: Floats
    rows: npt.NDArray[np.int64]

    @property
    def error(self) -> float:
        """The expected calibration error: Naeini et al., AAAI 2015, with bins of equal mass."""
        gaps = np.abs(self.predicted - self.observed)
        return float(gaps @ self.rows / self.rows.sum())


def calibrate(margins: Floats, liked: npt.NDArray[np.bool_]) -> Calibration:
    """Put log odds, float64 [n], beside what was liked, bool [n]."""
    probability = 1 / (1 + np.exp(-margins))
    inner = np.quantile(probability, np.linspace(0, 1, BINS + 1)[1:-1])
    bins = np.searchsorted(inner, probability, "right")
    rows = np.bincount(bins, minlength=BINS)
    there = rows > 0
    predicted, observed = (
        np.bincount(bins, values.astype(np.float64), BINS)[there] / rows[there]
        for values in (probability, liked)
    )
    return Calibration(predicted, observed, rows[there])
