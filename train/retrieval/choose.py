"""Chooses the first stage by the recall it reaches, or full scoring where it does not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import onnx

from artifacts.proofs import FirstStage
from train.retrieval.fit import fit_retrieval
from train.retrieval.model import Retrieval
from train.retrieval.recall import LEFT_OUT, MOST, measure_recall
from train.retrieval.requests import best, draw, ranker, strange

SMALL_CATALOGUE = 1_000
"""Up to here scoring every post is as fast."""

DIMENSIONS = (8, 16, 32)
"""At each request the vectors of all posts are read: they must stay short."""
_FEWEST = 128
_LARGEST_PART = 8
"""Beyond an eighth of the catalogue, candidates save too little."""

MakeGraph = Callable[[Retrieval | None], onnx.ModelProto]


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


@dataclass(frozen=True)
class Chosen:
    """The graph to publish.

    Attributes:
        graph: with the first stage, or without.
        vectors: float32 [D, N] of the posts, or None without.
        proof: what was measured, or None for a small catalogue, where nothing was tried.
    """

    graph: onnx.ModelProto
    vectors: npt.NDArray[np.float32] | None
    proof: FirstStage | None


def choose(
    make_graph: MakeGraph,
    readers: npt.NDArray[np.float32],
    posts: npt.NDArray[np.float32],
    first_day: int,
    *,
    seed: int,
    effort: Effort = Effort(),
) -> Chosen:
    """Fit the first stage, larger and larger, until enough of the exact best is found.

    Args:
        make_graph: the ranker's graph with a first stage, or without.
        readers: float32 [·, R], rows as they are served.
        posts: float32 [N, P], the catalogue as it is served.
        first_day: epoch seconds, the first moment that is served.
        seed: of the requests that are drawn.
        effort: how many.
    """
    full = make_graph(None)
    if len(posts) <= SMALL_CATALOGUE:
        return Chosen(full, None, None)
    generator = np.random.default_rng(seed)
    exact = ranker(full, posts)
    scores = np.empty((effort.fit, len(posts)), np.float32)
    fitted_on = draw(readers, first_day, effort.fit, generator)
    for row, answer in zip(scores, best(exact, fitted_on, len(posts)), strict=True):
        row[answer.rows] = answer.scores
    measured_on = draw(readers, first_day, effort.measure, generator)
    nobody = strange(draw(readers, first_day, effort.strange, generator), generator)
    truth, strange_truth = (
        list(best(exact, requests, MOST + LEFT_OUT)) for requests in (measured_on, nobody)
    )
    fits = fit_retrieval(scores, posts, DIMENSIONS, _FEWEST)
    for candidates, fitted in product(_numbers_of_candidates(len(posts)), fits):
        retrieval = replace(fitted.retrieval, candidates=candidates)
        graph = make_graph(retrieval)
        rank = ranker(graph, posts, fitted.vectors)
        recall = measure_recall(rank, measured_on, truth)
        used = all(part.passed for part in recall)
        if used:
            break
    proof = FirstStage(
        used=used,
        anchors=len(retrieval.anchors),
        dimensions=retrieval.dimensions,
        candidates=candidates,
        requests=effort.measure,
        recall=recall,
        recall_of_strange_readers=measure_recall(rank, nobody, strange_truth),
    )
    return Chosen(graph, fitted.vectors, proof) if used else Chosen(full, None, proof)


def _numbers_of_candidates(posts: int) -> list[int]:
    """Doubled each time, the first one always among them."""
    doublings = max(0, (posts // (_FEWEST * _LARGEST_PART)).bit_length() - 1)
    return [_FEWEST << doubling for doubling in range(doublings + 1)]
