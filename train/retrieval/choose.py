"""Chooses the first stage by the recall it reaches, or full scoring where it does not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import onnx

from artifacts.proofs import FirstStage, Recall
from train.retrieval.blocks import LARGE_CATALOGUE, Blocks, count_of, fit_blocks, numbers_of_probed
from train.retrieval.fit import Vectors, fit_retrieval
from train.retrieval.model import Retrieval
from train.retrieval.recall import LEFT_OUT, MOST, measure_recall
from train.retrieval.requests import Answer, Ranker, Requests, best, draw, ranker, strange

SMALL_CATALOGUE = 1_000
"""Up to here scoring every post is as fast."""

DIMENSIONS = (8, 16, 32)
"""At each request the vectors of all posts are read: they must stay short."""
_FEWEST = 128
_LARGEST_PART = 8
"""Beyond an eighth of the catalogue, candidates save too little."""
_MOST_LOST = 0.001
"""So much less may be found in blocks than among all posts: more blocks take little time."""

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
        blocks: int32 [N], the block of each post, or None where none are looked into.
        proof: what was measured, or None for a small catalogue, where nothing was tried.
    """

    graph: onnx.ModelProto
    vectors: Vectors | None
    blocks: Blocks | None
    proof: FirstStage | None


@dataclass(frozen=True)
class _Tried:
    """A first stage and what it finds."""

    retrieval: Retrieval
    vectors: Vectors
    blocks: Blocks | None
    graph: onnx.ModelProto
    rank: Ranker
    recall: tuple[Recall, ...]

    @property
    def passed(self) -> bool:
        return all(part.passed for part in self.recall)

    def finds_as_much_as(self, other: "_Tried") -> bool:
        return all(
            here.value >= there.value - _MOST_LOST
            for here, there in zip(self.recall, other.recall, strict=True)
        )


@dataclass(frozen=True)
class _Trials:
    """Requests of which the exact best are known, to try first stages on."""

    make_graph: MakeGraph
    posts: npt.NDArray[np.float32]
    requests: Requests
    truth: list[Answer]

    def of(self, retrieval: Retrieval, vectors: Vectors, blocks: Blocks | None = None) -> _Tried:
        graph = self.make_graph(retrieval)
        rank = ranker(graph, self.posts, vectors, blocks)
        recall = measure_recall(rank, self.requests, self.truth)
        return _Tried(retrieval, vectors, blocks, graph, rank, recall)


def choose(
    make_graph: MakeGraph,
    readers: npt.NDArray[np.float32],
    posts: npt.NDArray[np.float32],
    first_day: int,
    *,
    seed: int,
    effort: Effort = Effort(),
    large: int = LARGE_CATALOGUE,
) -> Chosen:
    """Fit the first stage, larger and larger, until enough of the exact best is found.

    Then, in a large catalogue, let it look into blocks of posts, more and more of them, until as
    much is found there.

    Args:
        make_graph: the ranker's graph with a first stage, or without.
        readers: float32 [·, R], rows as they are served.
        posts: float32 [N, P], the catalogue as it is served.
        first_day: epoch seconds, the first moment that is served.
        seed: of the requests that are drawn.
        effort: how many.
        large: from so many posts on a catalogue is large.
    """
    full = make_graph(None)
    if len(posts) <= SMALL_CATALOGUE:
        return Chosen(full, None, None, None)
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
    trials = _Trials(make_graph, posts, measured_on, truth)
    fits = fit_retrieval(scores, posts, DIMENSIONS, _FEWEST)
    for candidates, fitted in product(_numbers_of_candidates(len(posts)), fits):
        tried = trials.of(replace(fitted.retrieval, candidates=candidates), fitted.vectors)
        if tried.passed:
            break
    if tried.passed and len(posts) >= large:
        tried = _in_blocks(trials, tried, fit_blocks(fitted.vectors, fitted.readers))
    proof = FirstStage(
        used=tried.passed,
        anchors=len(tried.retrieval.anchors),
        dimensions=tried.retrieval.dimensions,
        candidates=candidates,
        blocks=0 if tried.blocks is None else count_of(tried.blocks),
        probed=tried.retrieval.probed,
        requests=effort.measure,
        recall=tried.recall,
        recall_of_strange_readers=measure_recall(tried.rank, nobody, strange_truth),
    )
    if not tried.passed:
        return Chosen(full, None, None, proof)
    return Chosen(tried.graph, tried.vectors, tried.blocks, proof)


def _in_blocks(trials: _Trials, tried: _Tried, blocks: Blocks) -> _Tried:
    """The same, looking into few blocks, or at all posts where that finds less."""
    for probed in numbers_of_probed(blocks, tried.retrieval.candidates):
        found = trials.of(replace(tried.retrieval, probed=probed), tried.vectors, blocks)
        if found.passed and found.finds_as_much_as(tried):
            return found
    return tried


def _numbers_of_candidates(posts: int) -> list[int]:
    """Doubled each time, the first one always among them."""
    doublings = max(0, (posts // (_FEWEST * _LARGEST_PART)).bit_length() - 1)
    return [_FEWEST << doubling for doubling in range(doublings + 1)]
