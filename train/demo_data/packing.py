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
    # The top bit is a sign in int64, so the shifts are done unsigned.
    parts = ((second, 47), (reader, 23), (post, 2), (what, 0))
    packed = np.zeros(len(second), np.uint64)
    for part, shift in parts:
        packed |= part.astype(np.uint64) << np.uint64(shift)
    return packed


def unpack(
    packed: NDArray[np.uint64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Seconds of the day, readers' indices, posts' indices and what happened, each [rows]."""
    second = (packed >> 47).astype(np.int64)
    # Below the seconds no sign bit is in the way, so the rest need no copies of their own type.
    rest = packed.view(np.int64)
    return second, rest >> 23 & (MAX_READERS - 1), rest >> 2 & (MAX_POSTS - 1), rest & 3
