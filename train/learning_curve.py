"""How many readers to learn from: fits to fewer and fewer of them, each measured on later days.

Whole readers are left out, so a point of the curve is what a smaller sample would have given.
"""

from collections.abc import Sequence

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from artifacts.proofs import CurvePoint, LearningCurve
from train.evaluation.bootstrap import Floats, Resamples, Sample

PARTS = (1.0, 0.5, 0.25, 0.125)
"""Of the readers sampled; each part is of the one before."""

ENOUGH = 0.98
"""Of what a model of all readers sampled tells of later likes, so much must certainly be told by
one of fewer."""

FEW = 50_000
"""Up to so many pairs a fit takes no time, and every reader counts."""

Chosen = npt.NDArray[np.bool_]


def drawn(user_id: npt.NDArray[np.int64], part: float) -> Chosen:
    """Bool [pairs]: those of a part of the readers, whom a smaller part has no others than."""
    # SplitMix64 (Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014).
    # The sample was drawn by a multiplication alone, of which another one would not be independent.
    mixed = user_id.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return (mixed >> np.uint64(40)).astype(np.float64) < part * 2**24


def measure_curve(
    boosters: Sequence[lgb.Booster],
    pairs: Sequence[int],
    readers: Sequence[int],
    held_out: tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.int64]],
    seed: int,
) -> LearningCurve:
    """Measure fits to fewer and fewer readers.

    What a model tells is by how much its log loss is less than that of the mean like rate.

    Args:
        boosters: the fits; the first one is to all readers sampled.
        pairs: how many each has learned from.
        readers: of so many readers.
        held_out: inputs float32 [n, F], likes bool [n] and readers int64 [n] of later days.
        seed: of the bootstrap.
    """
    inputs, liked, user_id = held_out
    ids, reader = np.unique(user_id, return_inverse=True)
    resamples, once = Resamples(len(ids), seed), np.ones(len(liked))

    def loss(margins: Floats) -> Sample:
        # The log loss of a margin m is ln(1 + e^-m) of a like, else ln(1 + e^m).
        each = np.logaddexp(0, np.where(liked, -margins, margins))
        return resamples.mean(each, reader, once)

    rate = liked.mean()
    nothing = loss(np.full(len(liked), np.log(rate / (1 - rate))))
    losses = [
        loss(
            np.asarray(
                booster.predict(inputs, raw_score=True, num_iteration=booster.best_iteration)
            )
        )
        for booster in boosters
    ]
    told = [found.share(nothing, losses[0]) for found in losses]
    points = tuple(
        CurvePoint(pairs=count, readers=people, value=share.value, low=share.low, high=share.high)
        for count, people, share in zip(pairs, readers, told, strict=True)
    )
    enough = [place for place, share in enumerate(told) if share.low >= ENOUGH]
    # Each larger part has enough as well, or the smaller one has it by chance.
    chosen = 0
    while chosen + 1 in enough:
        chosen += 1
    return LearningCurve(points=points, chosen=chosen, enough=ENOUGH)
