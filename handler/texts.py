"""The posts' texts: of a small catalogue at hand, of a large one fetched when a post is shown."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from arro3.core import Array

from artifacts import layout
from artifacts.errors import BrokenRelease
from artifacts.release import Release
from handler.pieces import Pieces
from handler.tables import Posts, read_texts

PATIENCE = 1.0
"""Seconds that a call waits for texts: without them it would show other posts, or none."""
KEPT_BYTES = 64_000_000
"""More than a feed of the longest takes, which may lie in a hundred files."""


class Texts:
    """Texts of one catalogue. To be used from one thread at a time.

    Args:
        release: whose.
        posts: its catalogue.
        clock: seconds that only grow, by which failures are forgotten.

    Raises:
        BrokenRelease: a file of texts is not in the release.
    """

    def __init__(
        self, release: Release, posts: Posts, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._inside = posts.texts
        self._starts = posts.text_starts
        paths = {entry.path for entry in release.manifest.files}
        for number in range(len(self._starts) - 1):
            if layout.texts_file(number) not in paths:
                raise BrokenRelease(
                    f"release {release.manifest.release} has no file {layout.texts_file(number)}"
                )
        self._files = Pieces(
            "file of texts",
            "StoreFailed",
            # Not a method: it would hold itself, and the release, until garbage is looked for.
            partial(_read, release, posts.ids, self._starts),
            patience=PATIENCE,
            most=KEPT_BYTES,
            size=lambda texts: texts.nbytes,
            clock=clock,
        )

    async def of(self, rows: Sequence[int]) -> list[str] | None:
        """The texts of the posts, or None if one of them cannot be had now."""
        if self._inside is not None:
            return [self._inside[row].as_py() for row in rows]
        numbers = (np.searchsorted(self._starts, np.array(rows, np.int64), "right") - 1).tolist()
        needed = list(dict.fromkeys(numbers))
        files = await asyncio.gather(*map(self._files.get, needed))
        found = {number: file for number, file in zip(needed, files, strict=True) if file}
        if len(found) < len(needed):
            return None
        return [
            found[number][int(row - self._starts[number])].as_py()
            for number, row in zip(numbers, rows, strict=True)
        ]

    def at_hand(self) -> npt.NDArray[np.int64]:
        """int64, ascending: rows of the posts whose texts are kept."""
        starts = self._starts
        ranges = [np.arange(*starts[number : number + 2]) for number in sorted(self._files.kept)]
        return np.concatenate([np.empty(0, np.int64), *ranges])


def _read(
    release: Release, ids: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], number: int
) -> Array:
    path = layout.texts_file(number)
    return read_texts(release.read(path), ids[starts[number] : starts[number + 1]], path)
