"""Lists drawn without replacement, each next post by the softmax of what is left.

Plackett-Luce is a race: each post arrives after an exponential time with the rate exp(logit), and
the list is the order of arrival.
"""

from collections.abc import Iterator
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from train.experiment.gather import Floats

Ids = npt.NDArray[np.int64]

_STEP = 0.4
"""Of the logarithm of time, at most."""
_BEGUN, _OVER = 12.0, 30.0
_AT_ONCE = 100


def sequence(logits: Floats, chosen: Ids) -> Floats:
    """Of each place the probability of its post given those before it.

    Args:
        logits: float64 [lists, candidates], -inf where there is none.
        chosen: int64 [lists, places], columns of `logits`, each once.

    Returns:
        float64 [lists, places].
    """
    left = np.exp(logits - logits.max(axis=1, keepdims=True))
    found = np.empty(chosen.shape)
    for place, column in enumerate(chosen.T):
        rate = np.take_along_axis(left, column[:, np.newaxis], axis=1)
        found[:, place] = (rate / left.sum(axis=1, keepdims=True))[:, 0]
        np.put_along_axis(left, column[:, np.newaxis], 0.0, axis=1)
    return found


def marginals(logits: Floats, places: int) -> Floats:
    """The probability of each candidate at each of the first places, whatever the others.

    By integration over the moment at which a candidate arrives: it has the place j if j - 1 of the
    others were there before. The trapezoid rule in the logarithm of time is as good as exact.

    Args:
        logits: float64 [lists, candidates], -inf where there is none; at least `places` of them.
        places: how many places there are.

    Returns:
        float64 [lists, candidates, places].
    """
    parts = [logits[i : i + _AT_ONCE] for i in range(0, len(logits), _AT_ONCE)]
    empty = np.empty((0, logits.shape[1], places))
    return np.concatenate([empty, *(_marginals(part, places) for part in parts)])


def _marginals(logits: Floats, places: int) -> Floats:
    rates = np.exp(logits - logits.max(axis=1, keepdims=True))
    total = rates.sum(axis=1)
    # While a place is open, at least these have not arrived: the slowest but the first places - 1.
    waiting = np.sort(rates, axis=1)[:, : rates.shape[1] - places + 1].sum(axis=1)
    begun, over = -_BEGUN - np.log(total), np.log(_OVER / waiting)
    steps = int(np.ceil((over - begun).max() / _STEP))
    step = (over - begun) / steps
    moments = np.exp(begun[:, np.newaxis] + step[:, np.newaxis] * np.arange(steps + 1))
    passed = rates.T[:, :, np.newaxis] * moments  # [candidates, lists, moments]
    here = -np.expm1(-passed)
    density = passed * np.exp(-passed) * step[:, np.newaxis]
    found = np.empty((*rates.shape, places))
    for candidate, others in enumerate(_arrived_of_others(here, places)):
        found[:, candidate] = np.einsum("lm,plm->lp", density[candidate], others)
    return found


def _arrived_of_others(here: Floats, most: int) -> Iterator[Floats]:
    """For each candidate the probability that 0 … most - 1 of the others have arrived.

    Args:
        here: float64 [candidates, …], the probability that a candidate has arrived.
        most: up to how many are counted.

    Yields:
        float64 [most, …].
    """
    nobody = np.zeros((most, *here.shape[1:]))
    nobody[0] = 1.0
    after = list(accumulate(here[:0:-1], _with, initial=nobody))
    before = nobody
    for chance in here:
        rest = after.pop()
        yield np.stack(
            [(before[: number + 1] * rest[number::-1]).sum(axis=0) for number in range(most)]
        )
        before = _with(before, chance)


def _with(counted: Floats, chance: Floats) -> Floats:
    """The counts' distribution with one more candidate, who is there with that chance."""
    more = counted * (1 - chance)
    more[1:] += counted[:-1] * chance
    return more
