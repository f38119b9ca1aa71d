"""Ratios of sums over readers, such as likes to posts shown, and differences between arms.

The reader is drawn for an arm, so the reader is the unit: a ratio's variance is that of its
linearization, summed over each reader's exposures (the delta method: Deng, Knoblich and Lu,
"Applying the delta method in metric analytics", KDD 2018).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from train.evaluation.bootstrap import Estimate
from train.experiment.gather import Floats

LEVEL = 0.05
POWER = 0.8
MOST_EFFICIENT_AT = 5_000
"""Readers at which the interval for any look is narrowest; it has to be fixed beforehand."""


@dataclass(frozen=True)
class Ratio:
    """A ratio of sums over readers.

    Attributes:
        value: sum of the numerators over sum of the denominators; NaN over nothing.
        influence: float64 [readers], of mean 0: what each reader moves the value by, times readers.
    """

    value: float
    influence: Floats

    @property
    def variance(self) -> float:
        """Of the value; NaN for fewer than two readers."""
        return variance_of_mean(self.influence)

    @property
    def estimate(self) -> Estimate:
        """With its 95 % interval."""
        half = _quantile(len(self.influence) - 1) * math.sqrt(self.variance)
        return Estimate(self.value, self.value - half, self.value + half)


@dataclass(frozen=True)
class Difference:
    """An arm less the control.

    Attributes:
        gain: with its 95 % interval, for one look at a time fixed beforehand.
        p: of so large a difference by chance, two-sided, for the same.
        always: the 95 % interval that holds at every look.
        detectable: the smallest difference that is found with a probability of .8.
        readers: in the two arms.
    """

    gain: Estimate
    p: float
    always: Estimate
    detectable: float
    readers: int

    def readers_for(self, difference: float) -> float:
        """Readers, spread over the two arms as these are, to detect so small a difference."""
        if not difference or math.isnan(self.detectable):
            return math.nan
        return self.readers * (self.detectable / difference) ** 2


def ratio(numerators: Floats, denominators: Floats) -> Ratio:
    """The ratio of the sums of float64 [readers]."""
    total = denominators.sum()
    if not total:
        return Ratio(math.nan, np.full(len(numerators), np.nan))
    value = numerators.sum() / total
    return Ratio(float(value), (numerators - value * denominators) * len(numerators) / total)


def difference(arm: Ratio, control: Ratio) -> Difference:
    """The arm less the control, by Welch's test."""
    gain = arm.value - control.value
    readers = len(arm.influence) + len(control.influence)
    variances = np.array([arm.variance, control.variance])
    error = math.sqrt(variances.sum())
    if not error > 0:
        unknown = Estimate(gain, math.nan, math.nan)
        return Difference(unknown, math.nan, unknown, math.nan, readers)
    freedom = _welch(variances, np.array([len(arm.influence), len(control.influence)]))
    half = _quantile(freedom) * error
    always = error * _always(readers)
    return Difference(
        gain=Estimate(gain, gain - half, gain + half),
        p=float(2 * stdtr(freedom, -abs(gain) / error)),
        always=Estimate(gain, gain - always, gain + always),
        detectable=float((ndtri(1 - LEVEL / 2) + ndtri(POWER)) * error),
        readers=readers,
    )


def variance_of_mean(influence: Floats) -> float:
    """Of float64 [readers]; NaN for fewer than two."""
    readers = len(influence)
    return float(influence.var(ddof=1) / readers) if readers > 1 else math.nan


def _quantile(freedom: float) -> float:
    return float(stdtrit(freedom, 1 - LEVEL / 2)) if freedom > 0 else math.nan


def _welch(variances: Floats, readers: Floats) -> float:
    return float(variances.sum() ** 2 / (variances**2 / (readers - 1)).sum())


def _always(readers: int) -> float:
    """Half the width of an interval for any look, in standard errors.

    Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences",
    Annals of Statistics 2024, theorem 2.2, whose rho is fixed by equation (24) at
    MOST_EFFICIENT_AT readers.
    """
    log = -2 * math.log(LEVEL)
    spread = readers * (log + math.log(log + 1)) / MOST_EFFICIENT_AT
    return math.sqrt((spread + 1) / spread * math.log((spread + 1) / LEVEL**2))
