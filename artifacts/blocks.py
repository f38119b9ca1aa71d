"""The posts' vectors as a ranker reads them: all of them, or block by block.

A block holds posts of similar vectors, and its box is the least and the most of each number of
theirs. Nothing else of the room imports this, or numpy.
"""

import numpy as np
import numpy.typing as npt

from artifacts import layout
from artifacts.errors import BrokenRelease

_NEVER = np.float32(-1e30)
"""What a reader's 1 is multiplied with where a block has no more posts: the lowest score."""
_MOST_BLOCKS = 2**16


def first_stage_inputs(
    vectors: npt.NDArray[np.float32], blocks: npt.NDArray[np.int32] | None
) -> dict[str, npt.NDArray[np.generic]]:
    """The ranker's inputs for its first stage.

    Args:
        vectors: float32 [N, D], of the posts.
        blocks: int32 [N], the block of each post; None where there are no blocks.

    Raises:
        BrokenRelease: the blocks' sizes differ by more than one.
    """
    if blocks is None:
        # Turned: the graph multiplies faster along the posts than across them.
        return {layout.INPUT_VECTORS: np.ascontiguousarray(vectors.T)}
    sizes = _sizes(blocks)
    # Of 16 bits, for which numpy sorts by radix, four times as fast.
    order = np.argsort(blocks.astype(np.uint16), kind="stable")
    ends, slots = sizes.cumsum()[:, np.newaxis], np.arange(sizes.max())
    places = ends - sizes[:, np.newaxis] + slots
    # Where a block has no more posts its last one is repeated, which leaves its box as it is.
    rows = order[np.minimum(places, ends - 1)]
    of_blocks = np.ascontiguousarray(vectors.take(rows, axis=0).transpose(0, 2, 1))
    boxes = np.concatenate((of_blocks.max(axis=2).T, of_blocks.min(axis=2).T))
    of_blocks[:, -1][places >= ends] = _NEVER
    return {
        layout.INPUT_BLOCK_VECTORS: of_blocks,
        layout.INPUT_BLOCK_ROWS: rows,
        layout.INPUT_BLOCK_BOXES: boxes,
    }


def _sizes(blocks: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    if blocks.min() >= 0 and blocks.max() < _MOST_BLOCKS:
        sizes = np.bincount(blocks)
        # The ranker relies on it: so many blocks hold so many posts.
        if sizes.max() - sizes.min() <= 1:
            return sizes
    raise BrokenRelease(f"{layout.POSTS}: the column {layout.BLOCK} holds no blocks of equal size")
