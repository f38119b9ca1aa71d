"""What an output is given to write."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

ACTIONS = ("view", "like")


@dataclass(frozen=True)
class FeedRows:
    """Rows of `feed_data`, each array [rows].

    Attributes:
        timestamp: datetime64[us], without a zone.
        user_id: int32.
        post_id: int32.
        action: Index in `ACTIONS`, int8.
        target: 1 for a view that a like followed, else 0; int32.
    """

    timestamp: NDArray[np.datetime64]
    user_id: NDArray[np.int32]
    post_id: NDArray[np.int32]
    action: NDArray[np.int8]
    target: NDArray[np.int32]


Columns = dict[str, NDArray[np.int64] | NDArray[np.str_] | list[str]]
"""A whole small table by column, in the table's order."""


class Output(Protocol):
    """Somewhere the three tables can be written to."""

    def write_users(self, columns: Columns) -> None:
        """Writes `user_data`, whole."""

    def write_posts(self, columns: Columns) -> None:
        """Writes `post_text_df`, whole."""

    def write_feed(self, rows: FeedRows) -> None:
        """Appends to `feed_data`."""
