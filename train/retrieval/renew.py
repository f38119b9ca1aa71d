"""The first stage of a graph that stays as it is, for a catalogue that does not."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx

from artifacts.proofs import FirstStage, Recall
from train.errors import RefreshError
from train.retrieval.blocks import Blocks, fit_blocks, most_blocks
from train.retrieval.exam import USUAL, Effort, set_exam
from train.retrieval.fit import Vectors, fit_vectors
from train.retrieval.requests import exact_ranker, ranker, reader_vectors


@dataclass(frozen=True)
class Renewed:
    """What the graph needs of the new catalogue.

    Attributes:
        vectors: float32 [D, N] of the posts; None where every post is scored.
        blocks: int32 [N], the block of each post; None where none are looked into.
        proof: what was measured; as before where every post is scored.
    """

    vectors: Vectors | None
    blocks: Blocks | None
    proof: FirstStage | None


def renew(
    graph: onnx.ModelProto,
    before: FirstStage | None,
    readers: npt.NDArray[np.float32],
    posts: npt.NDArray[np.float32],
    first_day: int,
    *,
    seed: int,
    effort: Effort = USUAL,
) -> Renewed:
    """Fit the posts' vectors to those that the graph makes of readers.

    The number of blocks that the graph looks into is a part of it. Where too little is found in so
    many, the blocks are made larger, until a single one holds all posts.

    Args:
        graph: the ranker's.
        before: what was measured when the graph was made.
        readers: float32 [·, R], rows as they are served.
        posts: float32 [N, P], the catalogue as it is served.
        first_day: epoch seconds, the first moment that is served.
        seed: of the requests that are drawn.
        effort: how many.

    Raises:
        RefreshError: less of the exact best is found than must be, beyond doubt.
    """
    if before is None or not before.used:
        return Renewed(None, None, before)
    exact = exact_ranker(graph, posts, before)
    exam = set_exam(exact, readers, len(posts), first_day, seed=seed, effort=effort)
    vectors_of_readers = reader_vectors(graph, exam.fitted_on)
    vectors = fit_vectors(vectors_of_readers, exam.scores)
    for count in _numbers_of_blocks(before, len(posts)):
        blocks = fit_blocks(vectors, vectors_of_readers, count) if count else None
        rank = ranker(graph, posts, vectors, blocks)
        recall = exam.recall(rank)
        if all(part.passed for part in recall):
            break
    else:
        _require_no_loss(recall, len(posts))
    proof = before.model_copy(
        update={
            "blocks": count,
            "requests": effort.measure,
            "recall": recall,
            "recall_of_strange_readers": exam.recall_of_strange_readers(rank),
        }
    )
    return Renewed(vectors, blocks, proof)


def _require_no_loss(recall: tuple[Recall, ...], posts: int) -> None:
    """Refuse what certainly finds too little.

    The run that made the graph took the fewest candidates that reach the limits. A new catalogue
    misses them by chance as often as not, by as much as measuring again would tell another number.
    """
    missed = " and ".join(
        f"{part.value:.4f} ({part.low:.4f}-{part.high:.4f}) of the best {part.limit}, less than "
        f"{part.least}"
        for part in recall
        if part.high < part.least
    )
    if missed:
        raise RefreshError(
            f"among {posts:,} posts the first stage of the model finds {missed}: `train run` "
            "makes another one"
        )


def _numbers_of_blocks(before: FirstStage, posts: int) -> list[int]:
    """As many as there can be, then half as many and so on, to one; just 0 without blocks.

    Those that are looked into hold as many posts as there are to be candidates.
    """
    if not before.blocks:
        return [0]
    numbers = [1 << power for power in reversed(range(most_blocks(posts).bit_length()))]
    return [
        count
        for count in numbers
        if count == 1 or before.probed * (posts // count) >= before.candidates
    ]
