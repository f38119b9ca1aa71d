"""Does an input know the future? Alone, none may tell likes of later days apart too well."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

SUSPECT = 0.75
"""No model of such a feed that is known to be honest reaches this AUC, with all inputs together."""


@dataclass(frozen=True)
class Strongest:
    """The input that by itself tells most.

    Attributes:
        name: of the input.
        auc: .5 or more; a falling input is turned.
    """

    name: str
    auc: float

    @property
    def suspect(self) -> bool:
        """Whether it tells more than can be known beforehand."""
        return self.auc > SUSPECT


def strongest_input(
    inputs: npt.NDArray[np.float32], liked: npt.NDArray[np.bool_], names: tuple[str, ...]
) -> Strongest:
    """Of the inputs, float32 [n, F], on days that were not learned from; NaN counts as low.

    Args:
        inputs: of the pairs shown.
        liked: bool [n].
        names: of the F inputs.
    """
    likes = int(liked.sum())
    pairs = likes * (len(liked) - likes)
    aucs = []
    for column in inputs.T:
        ranks = rankdata(np.nan_to_num(column, nan=-np.inf, neginf=-np.inf, posinf=np.inf))
        auc = (ranks[liked].sum() - likes * (likes + 1) / 2) / pairs if pairs else 0.5
        aucs.append(max(auc, 1 - auc))
    place = int(np.argmax(aucs))
    return Strongest(names[place], float(aucs[place]))
