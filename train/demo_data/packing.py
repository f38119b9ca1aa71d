"""One row of the feed in 64 bits, so that sorting the numbers sorts the feed by time.

From the top: the second of the day (17 bits), the reader's index (24), the post's index (21), what
happened (2).
"""

import numpy as np
from numpy.typing import NDArray

MAX_READERS = 1 << 24
MAX_POSTS = 1 << 21
VIEW, LIKED_VIEW, LIKE = 0, 1, 2
"""A view, a view that a like followed, the like itself."""


def pack(
    second: NDArray[np.int64],
    reader: NDArray[np.int64],
    post: NDArray[np.int64],
    what: NDArray[np.int64],
) -> NDArray[np.uint64]:
    """Packs rows of one day; all arrays [rows]."""
    high, middle, low = (part.astype(np.uint64) for part in (second, reader, post))
    packed: NDArray[np.uint64] = high << 47 | middle << 23 | low << 2 | what.astype(np.uint64)
    return packed


def unpack(
    packed: NDArray[np.uint64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Seconds of the day, readers' indices, posts' indices and what happened, each [rows]."""
    second = (packed >> 47).astype(np.int64)
    # Below the seconds no sign bit is in the way, so the rest need no copies of their own type.
    rest = packed.view(np.int64)
    return second, rest >> 23 & (MAX_READERS - 1), rest >> 2 & (MAX_POSTS - 1), rest & 3
