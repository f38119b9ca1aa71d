"""The interval of a share that does not collapse where nothing, or all, was found."""

import math

from train.evaluation.bootstrap import Estimate

_Z = 1.96  # of a 95 % interval


def wilson(value: float, trials: float) -> Estimate:
    """A share with its 95 % interval: Wilson, "Probable inference", JASA 1927.

    Args:
        value: the share found.
        trials: of how many, more than 0; it need not be whole.
    """
    middle = (value + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)
    half = (
        _Z
        * math.sqrt(value * (1 - value) / trials + _Z**2 / (4 * trials**2))
        / (1 + _Z**2 / trials)
    )
    return Estimate(value, max(0.0, middle - half), min(1.0, middle + half))
