"""Task one: sessions as they were shown, put in another order."""

import numpy as np
import numpy.typing as npt

from train.evaluation import slates
from train.evaluation.bootstrap import Resamples, Sample
from train.evaluation.sessions import Sessions
from train.evaluation.slates import CUTOFF

HIT_RATE = f"hit_rate@{CUTOFF}"
NDCG = f"ndcg@{CUTOFF}"
NDCG_10 = "ndcg@10"
MRR = "mrr"
GAUC = "gauc"
AUC = "auc"
METRICS = (HIT_RATE, NDCG, NDCG_10, MRR, GAUC, AUC)
RANDOM = "random"

Table = dict[str, dict[str, Sample]]
"""Of each scorer and metric."""


def rank_metrics(sessions: Sessions, resamples: Resamples) -> Table:
    """All metrics of all scorers, and the exact expectation of chance."""
    shown = sessions.slates
    table = {
        name: {
            metric: resamples.over_slates(shown, values)
            for metric, values in _of_ranks(shown, rank).items()
        }
        | {
            GAUC: resamples.gauc(shown, sessions.scores[name], sessions.windows),
            AUC: resamples.auc(shown, sessions.scores[name], sessions.pairs["fold"]),
        }
        for name, rank in sessions.ranks.items()
    }
    half = Sample(0.5, np.full(1, 0.5))
    chance = {
        HIT_RATE: slates.random_hit_rate(shown),
        NDCG: slates.random_ndcg(shown),
        NDCG_10: slates.random_ndcg(shown, 10),
        MRR: slates.random_reciprocal_rank(shown),
    }
    table[RANDOM] = {
        metric: resamples.over_slates(shown, values) for metric, values in chance.items()
    } | {GAUC: half, AUC: half}
    return table


def _of_ranks(
    shown: slates.Slates, rank: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[np.float64]]:
    return {
        HIT_RATE: slates.hit_rate(shown, rank),
        NDCG: slates.ndcg(shown, rank),
        NDCG_10: slates.ndcg(shown, rank, 10),
        MRR: slates.reciprocal_rank(shown, rank),
    }
