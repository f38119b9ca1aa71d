"""The names and the order of the features: of a reader, of a post, and of the model's inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

from train.features.text import DIMENSIONS

_READER = (
    "gender", "age", "exp_group", "country_size", "city_size", "is_ios", "is_organic",
    "reader_views", "reader_like_rate", "peer_like_rate",
)  # fmt: skip
_POST = ("topic", "text_length", "post_age", "post_like_rate")
_CROSSED = ("topic_like_rate", "topic_lift", "text_affinity", "hour", "weekday", "position")


@dataclass(frozen=True)
class Schema:
    """Which feature stands where, for a network with these topics.

    A reader's row is the scalars, then a like rate a topic, then the taste in texts. A post's row
    is the scalars, then the vector of its text. The model sees the scalars of both, and what the
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
        return self.reader_scalars + rates + tuple(f"taste_{i}" for i in range(DIMENSIONS))

    @property
    def post(self) -> tuple[str, ...]:
        """All columns of a post's row."""
        return self.post_scalars + tuple(f"text_{i}" for i in range(DIMENSIONS))

    @property
    def model(self) -> tuple[str, ...]:
        """The inputs of the trees, in order."""
        return self.reader_scalars + self.post_scalars + _CROSSED


def schema_for(topics: Sequence[str]) -> Schema:
    """The schema of a network whose posts have these topics."""
    return Schema(tuple(sorted(set(topics))))
