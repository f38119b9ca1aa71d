"""Chooses the first stage by the recall it reaches, or full scoring where it does not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import onnx

from artifacts.proofs import FirstStage, Recall
from train.retrieval.blocks import (
    LARGE_CATALOGUE,
    Blocks,
    count_of,
    fit_blocks,
    most_blocks,
    numbers_of_probed,
)
from train.retrieval.exam import USUAL, Effort, Exam, set_exam
from train.retrieval.fit import Vectors, fit_retrieval, fit_vectors
from train.retrieval.model import Retrieval
from train.retrieval.requests import Ranker, ranker, reader_vectors

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
    readers: npt.NDArray[np.float64]
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
    """An exam for first stages."""

    make_graph: MakeGraph
    posts: npt.NDArray[np.float32]
    exam: Exam

    def of(self, retrieval: Retrieval) -> _Tried:
        graph = self.make_graph(retrieval)
        readers = reader_vectors(graph, self.exam.fitted_on)
        vectors = fit_vectors(readers, self.exam.scores)
        rank = ranker(graph, self.posts, vectors)
        return _Tried(retrieval, readers, vectors, None, graph, rank, self.exam.recall(rank))

    def in_blocks(self, tried: _Tried) -> _Tried:
        """The same, looking into few blocks, or at all posts where that finds less."""
        blocks = fit_blocks(tried.vectors, tried.readers, most_blocks(len(self.posts)))
        for probed in numbers_of_probed(blocks, tried.retrieval.candidates):
            retrieval = replace(tried.retrieval, probed=probed)
            graph = self.make_graph(retrieval)
            rank = ranker(graph, self.posts, tried.vectors, blocks)
            found = replace(
                tried,
                retrieval=retrieval,
                blocks=blocks,
                graph=graph,
                rank=rank,
                recall=self.exam.recall(rank),
            )
            if found.passed and found.finds_as_much_as(tried):
                return found
        return tried


def choose(
    make_graph: MakeGraph,
    readers: npt.NDArray[np.float32],
    posts: npt.NDArray[np.float32],
    first_day: int,
    *,
    seed: int,
    effort: Effort = USUAL,
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
    exact = ranker(full, posts)
    exam = set_exam(exact, readers, len(posts), first_day, seed=seed, effort=effort)
    trials = _Trials(make_graph, posts, exam)
    fits = fit_retrieval(exam.scores, posts, DIMENSIONS, _FEWEST)
    for candidates, fitted in product(_numbers_of_candidates(len(posts)), fits):
        tried = trials.of(replace(fitted, candidates=candidates))
        if tried.passed:
            break
    if tried.passed and len(posts) >= large:
        tried = trials.in_blocks(tried)
    proof = FirstStage(
        used=tried.passed,
        anchors=len(tried.retrieval.anchors),
        dimensions=tried.retrieval.dimensions,
        candidates=candidates,
        blocks=0 if tried.blocks is None else count_of(tried.blocks),
        probed=tried.retrieval.probed,
        requests=effort.measure,
        recall=tried.recall,
        recall_of_strange_readers=exam.recall_of_strange_readers(tried.rank),
    )
    if not tried.passed:
        return Chosen(full, None, None, proof)
    return Chosen(tried.graph, tried.vectors, tried.blocks, proof)


def _numbers_of_candidates(posts: int) -> list[int]:
    """Doubled each time, the first one always among them."""
    doublings = max(0, (posts // (_FEWEST * _LARGEST_PART)).bit_length() - 1)
    return [_FEWEST << doubling for doubling in range(doublings + 1)]
