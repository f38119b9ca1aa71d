"""What is to be generated, and where each part's random numbers come from."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from train.demo_data import packing
from train.demo_data.taste import TOPICS

COHORT = 2_000
"""Readers drawn from one random stream; what is held in memory at a time."""


class DemoDataError(ValueError):
    """The demo data cannot be generated as asked; the message says why."""


class Stream(IntEnum):
    """The independent random streams of one seed."""

    CATALOGUE = 0
    PROSE = 1
    USER_IDS = 2
    READERS = 3
    FEED = 4


@dataclass(frozen=True)
class Plan:
    """How much to generate, and from which seed.

    Args:
        users: Readers, 1 or more.
        posts: Posts, at least one for each topic.
        days: Days of feed from 2021-10-01, 1 or more.
        seed: Not negative. The same plan always gives the same rows.

    Raises:
        DemoDataError: If a number is out of its range.
    """

    users: int
    posts: int
    days: int
    seed: int

    def __post_init__(self) -> None:
        for name, least, most in (
            ("users", 1, packing.MAX_READERS),
            ("posts", len(TOPICS), packing.MAX_POSTS),
            ("days", 1, 36_500),
            ("seed", 0, 2**63 - 1),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise DemoDataError(f"{name} must be from {least} to {most}, not {value}")

    def rng(self, stream: Stream, index: int = 0) -> np.random.Generator:
        """A generator that depends on the seed, the stream and the index alone."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=(stream, index))
        return np.random.Generator(np.random.PCG64(sequence))

    def cohorts(self) -> Iterator[range]:
        """The readers' indices, cohort by cohort."""
        for start in range(0, self.users, COHORT):
            yield range(start, min(start + COHORT, self.users))
