"""Requests to fit and to measure the first stage with, and what exact scoring answers to them."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
from onnx.utils import Extractor

from artifacts import layout
from artifacts.blocks import first_stage_inputs
from artifacts.proofs import FirstStage
from train.export.session import session

_WEEK = 7 * 86_400
_NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class Requests:
    """Readers and the times at which they ask.

    Attributes:
        readers: float32 [n, R].
        times: int64 [n], epoch seconds of the network's own clock.
    """

    readers: npt.NDArray[np.float32]
    times: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Answer:
    """Rows of posts, best first, and their scores: int64 [k] and float64 [k]."""

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]


Ranker = Callable[[npt.NDArray[np.float32], int, int, npt.NDArray[np.int64]], Answer]
"""A reader's row float32 [R], the time, k, rows to leave out → the best k."""


def draw(
    readers: npt.NDArray[np.float32], first_day: int, count: int, generator: np.random.Generator
) -> Requests:
    """Requests of readers drawn with replacement, at any time of a week.

    Args:
        readers: float32 [·, R], rows as they are served.
        first_day: epoch seconds at which the week begins.
        count: how many.
        generator: draws.
    """
    return Requests(
        readers[generator.integers(len(readers), size=count)],
        first_day + generator.integers(_WEEK, size=count),
    )


def strange(requests: Requests, generator: np.random.Generator) -> Requests:
    """Requests of readers that nobody is: each feature is another reader's."""
    shuffled = [generator.permutation(column) for column in requests.readers.T]
    return Requests(np.stack(shuffled, axis=1), requests.times)


def ranker(
    model: onnx.ModelProto,
    posts: npt.NDArray[np.float32],
    vectors: npt.NDArray[np.float32] | None = None,
    blocks: npt.NDArray[np.int32] | None = None,
    candidates: npt.NDArray[np.int64] = _NOTHING,
) -> Ranker:
    """The ranker's graph over a catalogue.

    Args:
        model: of `ranker_graph`.
        posts: float32 [N, P].
        vectors: float32 [D, N], if the graph has a first stage.
        blocks: int32 [N], if that looks into blocks.
        candidates: int64 [C], rows to score instead of the catalogue.
    """
    run = session(model)
    constant = {layout.INPUT_POSTS: posts, layout.INPUT_CANDIDATES: candidates}
    if vectors is not None:
        constant |= first_stage_inputs(vectors.T, blocks)

    def rank(
        reader: npt.NDArray[np.float32], time: int, k: int, leave_out: npt.NDArray[np.int64]
    ) -> Answer:
        rows, scores = run.run(
            layout.RANKER_OUTPUTS,
            {
                layout.INPUT_READER: reader[np.newaxis],
                layout.INPUT_TIME: np.array([time]),
                layout.INPUT_K: np.array([k]),
                layout.INPUT_LEAVE_OUT: leave_out,
                **constant,
            },
        )
        return Answer(rows, scores)

    return rank


def exact_ranker(
    model: onnx.ModelProto, posts: npt.NDArray[np.float32], first_stage: FirstStage | None
) -> Ranker:
    """The graph scoring every post, also where it has a first stage: named posts are all scored.

    Args:
        model: of `ranker_graph`.
        posts: float32 [N, P].
        first_stage: what the graph has, if anything was tried.
    """
    if first_stage is None or not first_stage.used:
        return ranker(model, posts)
    vectors = np.zeros((first_stage.dimensions, len(posts)), np.float32)
    blocks = np.zeros(len(posts), np.int32) if first_stage.blocks else None
    return ranker(model, posts, vectors, blocks, np.arange(len(posts)))


def reader_vectors(model: onnx.ModelProto, requests: Requests) -> npt.NDArray[np.float64]:
    """float64 [n, D]: the vectors that a graph with a first stage makes of those who ask."""
    needs = [layout.INPUT_READER, layout.INPUT_TIME]
    part = session(Extractor(model).extract_model(needs, [layout.OUTPUT_VECTOR]))
    found = [
        part.run(
            [layout.OUTPUT_VECTOR],
            {layout.INPUT_READER: reader[np.newaxis], layout.INPUT_TIME: np.array([time])},
        )[0]
        for reader, time in zip(requests.readers, requests.times, strict=True)
    ]
    return np.concatenate(found).astype(np.float64)


def best(rank: Ranker, requests: Requests, k: int) -> Iterator[Answer]:
    """The best k of each request, on all processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(
            lambda reader, time: rank(reader, int(time), k, _NOTHING),
            requests.readers,
            requests.times,
        )
