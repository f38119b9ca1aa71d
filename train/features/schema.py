"""The names and the order of the features: of a reader, of a post, and of the model's inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from train.features.text import DIMENSIONS

_READER = (
    "gender", "age", "exp_group", "country_size", "city_size", "is_ios", "is_organic",
    "reader_views", "reader_like_rate", "peer_like_rate",
)  # fmt: skip
_POST = ("topic", "text_length", "post_age", "post_like_rate")
_CROSSED = (
    "topic_like_rate", "topic_lift", "text_affinity", "peers_early_share", "peers_like_rate",
    "hour", "weekday",
)  # fmt: skip

AGE_LIMITS = (19, 23, 28, 36, 41, 46)
"""Where, by the network's tables, interests change from one year of age to the next."""
EVERYONE = "everyone"
BANDS = (
    *(f"{since}_to_{limit - 1}" for since, limit in pairwise((0, *AGE_LIMITS))),
    f"from_{AGE_LIMITS[-1]}",
    EVERYONE,
)
"""Of age; a reader of unknown age is one of everyone."""


@dataclass(frozen=True)
class Schema:
    """Which feature stands where, for a network with these topics.

    A reader's row is the scalars, then a like rate a topic, then the taste in texts, then 1 for the
    reader's age band. A post's row is the scalars, then the vector of its text, then what readers
    of each band did with it. The model sees the scalars of both, and what the
    graph makes of the rest: it never sees a vector's single numbers, which few readers could teach.
    """

    topics: tuple[str, ...]

    @property
    def reader_scalars(self) -> tuple[str, ...]:
        """The reader's features that the model sees as they are."""
        return _READER

    @property
    def post_scalars(self) -> tuple[str, ...]:
        """The post's features that the model sees as they are; `topic` is an index of `topics`."""
        return _POST

    @property
    def reader(self) -> tuple[str, ...]:
        """All columns of a reader's row."""
        rates = tuple(f"like_rate_{topic}" for topic in self.topics)
        taste = tuple(f"taste_{i}" for i in range(DIMENSIONS))
        return self.reader_scalars + rates + taste + tuple(f"in_{band}" for band in BANDS)

    @property
    def post(self) -> tuple[str, ...]:
        """All columns of a post's row."""
        text = tuple(f"text_{i}" for i in range(DIMENSIONS))
        early, likes = ([f"{name}_of_{band}" for band in BANDS] for name in ("early", "likes"))
        return self.post_scalars + text + (*early, *likes)

    @property
    def model(self) -> tuple[str, ...]:
        """The inputs of the trees, in order."""
        return self.reader_scalars + self.post_scalars + _CROSSED


def schema_for(topics: Sequence[str]) -> Schema:
    """The schema of a network whose posts have these topics."""
    return Schema(tuple(sorted(set(topics))))
