"""Whether each arm got the readers that its share promises: the sample ratio.

Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019: where
it does not, something loses readers of one arm more than of another, and no comparison holds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from train.experiment.gather import Floats, Texts

LEAST_P = 0.001
"""Below it the arms are not what they should be; the limit that Fabijan et al. use is .0005."""

NEVER_SEEN = "never seen"
"""The arms that the shares leave room for and no record names."""

_SHARES_ADD_UP = 1e-6


@dataclass(frozen=True)
class SampleRatio:
    """Distinct readers of the arms, and what the shares promise.

    Attributes:
        arms: their names.
        readers: by the arm of their first exposure.
        expected: by the shares at that moment.
        p: of so large a deviation by chance.
    """

    arms: tuple[str, ...]
    readers: tuple[int, ...]
    expected: tuple[float, ...]
    p: float

    @property
    def fits(self) -> bool:
        """Whether chance explains the deviation."""
        return self.p >= LEAST_P


def sample_ratio(first: dict[str, Texts], shares: dict[str, Texts]) -> SampleRatio:
    """Pearson's chi-square test.

    Args:
        first: of each reader's first exposure the `arm`, its `share` and the `moment`.
        shares: records that name a new `share` of their `arm`, in order of `moment`.
    """
    arms = sorted(set(shares["arm"].tolist()))
    in_force = np.stack([_at(first["moment"], shares, arm) for arm in arms], axis=1)
    missing = 1 - in_force.sum(axis=1, keepdims=True)
    # Not any: arms tell of a change of shares one after the other.
    if np.median(missing) > _SHARES_ADD_UP:
        arms = [*arms, NEVER_SEEN]
        in_force = np.concatenate((in_force, np.maximum(missing, 0)), axis=1)
    in_force = _adding_up(in_force, np.array(arms) == first["arm"][:, np.newaxis], first["share"])
    readers = np.array([(first["arm"] == arm).sum() for arm in arms])
    expected = in_force.sum(axis=0)
    return SampleRatio(
        tuple(arms), tuple(readers.tolist()), tuple(expected.tolist()), _p(readers, expected)
    )


def _at(moments: Floats, shares: dict[str, Texts], arm: str) -> Floats:
    """The share of the arm at each moment, by the last record before it, or else the first."""
    of_arm = shares["arm"] == arm
    since, share = shares["moment"][of_arm], shares["share"][of_arm].astype(np.float64)
    found: Floats = share[np.maximum(np.searchsorted(since, moments, "right") - 1, 0)]
    return found


def _adding_up(shares: Floats, own: npt.NDArray[np.bool_], share: Floats) -> Floats:
    """The own arm's share as its record names it; the others fill what is left."""
    others = np.where(own, 0.0, shares)
    total = np.maximum(others.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return np.where(own, share[:, np.newaxis], others * (1 - share[:, np.newaxis]) / total)


def _p(readers: npt.NDArray[np.int64], expected: Floats) -> float:
    there = expected > 0
    if readers[~there].any():
        return 0.0
    statistic = ((readers - expected)[there] ** 2 / expected[there]).sum()
    return float(chdtrc(max(there.sum() - 1, 1), statistic))
