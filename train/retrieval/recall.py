"""How much of the exact best the first stage finds."""

import numpy as np

from artifacts.proofs import Recall
from train.evaluation.wilson import wilson
from train.retrieval.requests import Answer, Ranker, Requests

LIMITS = {5: 0.995, 100: 0.98}
"""What must be found of the best 5 and of the best 100, the most that a call may ask for."""
MOST = max(LIMITS)
LEFT_OUT = 50
"""As many of the best are left out of every second request, as if the reader had liked them."""


def measure_recall(rank: Ranker, requests: Requests, exact: list[Answer]) -> tuple[Recall, ...]:
    """The mean recall at each of LIMITS.

    Args:
        rank: the graph with the first stage.
        requests: what is asked.
        exact: the best MOST + LEFT_OUT of each request, by exact scores.
    """
    found: dict[int, list[float]] = {limit: [] for limit in LIMITS}
    for number, truth in enumerate(exact):
        skipped = LEFT_OUT * (number % 2)
        answer = rank(
            requests.readers[number], int(requests.times[number]), MOST, truth.rows[:skipped]
        )
        for limit, shares in found.items():
            wanted = truth.rows[skipped : skipped + limit]
            shares.append(float(np.isin(wanted, answer.rows[:limit]).mean()))
    return tuple(_recall(limit, shares) for limit, shares in found.items())


def _recall(limit: int, shares: list[float]) -> Recall:
    value, count = float(np.mean(shares)), len(shares)
    # As if each request were one trial: the bootstrap would collapse where nothing was missed.
    estimate = wilson(value, count)
    least = LIMITS[limit]
    return Recall(
        limit=limit, value=value, low=estimate.low, high=estimate.high,
        least=least, passed=value >= least,
    )  # fmt: skip
