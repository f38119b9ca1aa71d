"""The first stage, as it is fitted and as the graph holds it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Retrieval:
    """Approximates every score by the dot product of two short vectors, and keeps the highest.

    A reader's vector is linear in the exact scores of a few anchor posts, which the graph computes
    at each request; a post's vector lies in `posts.parquet`.

    Attributes:
        anchors: float32 [A, P], the features of the anchor posts.
        weights: float32 [A, d], from the anchors' scores, less their mean, to the reader's vector.
        offset: float32 [d], added to it.
        candidates: how many posts are kept for exact scoring, at least as many as are asked for.
        probed: of the blocks of posts, how many are looked into for so many candidates; 0 where
            there are no blocks.
    """

    anchors: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    offset: npt.NDArray[np.float32]
    candidates: int
    probed: int = 0

    @property
    def dimensions(self) -> int:
        """Numbers of a vector: d, and 1, for what a post has whoever reads."""
        return int(self.weights.shape[1]) + 1
