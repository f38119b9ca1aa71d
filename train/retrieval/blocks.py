"""Puts posts of similar vectors together, so that a request need not look at all of them.

The tree is Bentley's ("Multidimensional binary search trees used for associative searching",
Communications of the ACM 1975). That the box of a block bounds the products of its vectors with a
reader's is used as in Ram and Gray, "Maximum inner-product search using cone trees", KDD 2012.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

LARGE_CATALOGUE = 50_000
"""From here on blocks save a tenth of a request's time or more."""

_POSTS_OF_A_BLOCK = 128
"""At least; of twice as many or more, another block is made."""
_LARGEST_PART = 4
"""Beyond a quarter of the blocks, looking into blocks saves too little."""

Blocks = npt.NDArray[np.int32]


def fit_blocks(
    vectors: npt.NDArray[np.float32], readers: npt.NDArray[np.float64], count: int
) -> Blocks:
    """The block of each post, int32 [N]; their sizes differ by one at most.

    Args:
        vectors: float32 [D, N], of the posts.
        readers: float64 [n, D], of readers: the larger a number of theirs is, the more the same
            number of the posts' matters.
        count: how many blocks, a power of two.
    """
    points = (vectors.T * np.sqrt((readers**2).mean(axis=0))).astype(np.float32)
    blocks = np.empty(len(points), np.int32)
    for block, rows in enumerate(_halves(points, np.arange(len(points)), count)):
        blocks[rows] = block
    return blocks


def most_blocks(posts: int) -> int:
    """The largest number of blocks for so many posts, a power of two and at least 2."""
    return 1 << max(1, (posts // _POSTS_OF_A_BLOCK).bit_length() - 1)


def count_of(blocks: Blocks) -> int:
    """How many blocks there are."""
    return int(blocks.max()) + 1


def numbers_of_probed(blocks: Blocks, candidates: int) -> list[int]:
    """How many blocks to try to look into: doubled each time, up to a quarter of all.

    Any so many hold as many posts as there are to be candidates.
    """
    count = count_of(blocks)
    powers = [1 << power for power in range(count.bit_length())]
    enough = candidates / (len(blocks) // count)
    return [probed for probed in powers if enough <= probed <= count / _LARGEST_PART]


def _halves(
    points: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], count: int
) -> Iterator[npt.NDArray[np.int64]]:
    if count == 1:
        yield rows
        return
    here = points[rows]
    widest = here.var(axis=0).argmax()
    order = rows[np.argsort(here[:, widest], kind="stable")]
    middle = len(rows) // 2
    yield from _halves(points, order[:middle], count // 2)
    yield from _halves(points, order[middle:], count // 2)
