"""Each arm beside the control."""

import numpy as np

from artifacts.channel import CONTROL
from train.experiment.cuped import adjust, covariates
from train.experiment.gather import Floats, Readers
from train.experiment.ratios import Difference, difference, ratio
from train.experiment.result import HIT_RATE, LIKE_RATE, METRICS, WANTED, Comparison, Needed


def compare(readers: Readers, days: float) -> tuple[list[Comparison], float]:
    """Each arm beside the control by each metric, and the share of readers with history.

    Args:
        readers: of all arms.
        days: how long it took them to come.
    """
    arms = [str(arm) for arm in np.unique(readers.arm)]
    if CONTROL not in arms:
        return [], 0.0
    arms = [CONTROL, *(arm for arm in arms if arm != CONTROL)]
    of_arm = [readers.arm == arm for arm in arms]
    before = covariates(readers)
    found, with_history = [], 0.0
    for metric in METRICS:
        numerators, denominators = _parts(readers, metric)
        plain = [ratio(numerators[rows], denominators[rows]) for rows in of_arm]
        adjusted = adjust(plain, [before[rows] for rows in of_arm])
        with_history = adjusted.with_history
        for arm, as_is, after in zip(arms[1:], plain[1:], adjusted.ratios[1:], strict=True):
            last = difference(after, adjusted.ratios[0])
            found.append(
                Comparison(
                    arm=arm,
                    metric=metric,
                    control=plain[0].value,
                    plain=difference(as_is, plain[0]),
                    adjusted=last,
                    reduction=adjusted.reduction,
                    needed=_needed(last, plain[0].value, days),
                )
            )
    return found, with_history


def _parts(readers: Readers, metric: str) -> tuple[Floats, Floats]:
    return {
        LIKE_RATE: (readers.likes, readers.shown),
        HIT_RATE: (readers.hits, readers.exposures),
    }[metric]


def _needed(found: Difference, control: float, days: float) -> tuple[Needed, ...]:
    needed = [(wanted, found.readers_for(wanted * control)) for wanted in WANTED]
    return tuple(
        Needed(wanted, readers, days * readers / found.readers) for wanted, readers in needed
    )
