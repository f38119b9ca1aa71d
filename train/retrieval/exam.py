"""What a first stage is fitted to and measured by: requests, and what exact scoring answers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from artifacts.proofs import Recall
from train.retrieval.recall import LEFT_OUT, MOST, measure_recall
from train.retrieval.requests import Answer, Ranker, Requests, best, draw, strange


@dataclass(frozen=True)
class Effort:
    """How many requests are scored over the whole catalogue, which is what takes the time.

    Attributes:
        fit: to fit the vectors to.
        measure: of real readers, to measure recall on.
        strange: of readers that nobody is, the same.
    """

    fit: int = 256
    measure: int = 1_000
    strange: int = 250


USUAL = Effort()


@dataclass(frozen=True)
class Exam:
    """Requests and exact answers.

    Attributes:
        fitted_on: requests to fit to.
        scores: float32 [those, N], the exact scores of all posts, rounded.
        measured_on: requests of real readers, to measure recall on.
        truth: the best of each.
        nobody: requests of readers that nobody is.
        strange_truth: the best of each of those.
    """

    fitted_on: Requests
    scores: npt.NDArray[np.float32]
    measured_on: Requests
    truth: list[Answer]
    nobody: Requests
    strange_truth: list[Answer]

    def recall(self, rank: Ranker) -> tuple[Recall, ...]:
        """How much of the best a graph finds for real readers."""
        return measure_recall(rank, self.measured_on, self.truth)

    def recall_of_strange_readers(self, rank: Ranker) -> tuple[Recall, ...]:
        """The same for those that nobody is."""
        return measure_recall(rank, self.nobody, self.strange_truth)


def set_exam(
    exact: Ranker,
    readers: npt.NDArray[np.float32],
    posts: int,
    first_day: int,
    *,
    seed: int,
    effort: Effort,
) -> Exam:
    """Draw requests, and answer them exactly; the same seed and rows give the same.

    Args:
        exact: scores every post.
        readers: float32 [·, R], rows as they are served.
        posts: how many there are.
        first_day: epoch seconds, the first moment that is served.
        seed: of what is drawn.
        effort: how many.
    """
    generator = np.random.default_rng(seed)
    scores = np.empty((effort.fit, posts), np.float32)
    fitted_on = draw(readers, first_day, effort.fit, generator)
    for row, answer in zip(scores, best(exact, fitted_on, posts), strict=True):
        row[answer.rows] = answer.scores
    measured_on = draw(readers, first_day, effort.measure, generator)
    nobody = strange(draw(readers, first_day, effort.strange, generator), generator)
    truth, strange_truth = (
        list(best(exact, requests, MOST + LEFT_OUT)) for requests in (measured_on, nobody)
    )
    return Exam(fitted_on, scores, measured_on, truth, nobody, strange_truth)
