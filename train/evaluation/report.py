"""The model beside popularity and chance, on the same slates."""

from datetime import date

import numpy as np
import numpy.typing as npt

from artifacts.proofs import Evaluation, Score
from train.evaluation import intervals, slates
from train.evaluation.intervals import Estimate, mean_over_slates
from train.evaluation.slates import CUTOFF, Slates

HIT_RATE = f"hit_rate@{CUTOFF}"
NDCG = f"ndcg@{CUTOFF}"
AUC = "auc"
LENTA = "lenta"
POPULARITY = "popularity"
RANDOM = "random"


def evaluate(
    shown: Slates,
    scores: dict[str, npt.NDArray[np.float64]],
    *,
    test_since: date,
    test_until: date,
    seed: int,
) -> Evaluation:
    """HitRate@5, NDCG@5 and AUC of every scorer and of chance, with 95 % intervals.

    Args:
        shown: the slates of the days that were held out.
        scores: for each scorer's name, float64 [rows].
        test_since: the first of those days.
        test_until: the last of them.
        seed: of the bootstrap. The same resamples serve all scorers.
    """
    weights = intervals.draw_readers(shown.reader_count, seed)
    found: list[Score] = []
    for name, values in scores.items():
        rank = slates.ranks(shown, values)
        found += [
            _score(HIT_RATE, name, mean_over_slates(shown, slates.hit_rate(shown, rank), weights)),
            _score(NDCG, name, mean_over_slates(shown, slates.ndcg(shown, rank), weights)),
            _score(AUC, name, intervals.auc(shown, values, weights)),
        ]
    found += [
        _score(HIT_RATE, RANDOM, mean_over_slates(shown, slates.random_hit_rate(shown), weights)),
        _score(NDCG, RANDOM, mean_over_slates(shown, slates.random_ndcg(shown), weights)),
        Score(metric=AUC, model=RANDOM, value=0.5, low=0.5, high=0.5),
    ]
    return Evaluation(
        test_since=test_since,
        test_until=test_until,
        slates=len(shown.sizes),
        readers=shown.reader_count,
        scores=tuple(found),
    )


def _score(metric: str, model: str, estimate: Estimate) -> Score:
    return Score(
        metric=metric, model=model, value=estimate.value, low=estimate.low, high=estimate.high
    )
