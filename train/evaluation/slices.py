"""For whom, when and of what the ranking is good: the hit rate of parts of the sessions."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from train.evaluation import slates
from train.evaluation.bootstrap import Estimate, Resamples
from train.evaluation.scorers import LENTA, POPULARITY
from train.evaluation.sessions import Sessions
from train.evaluation.slates import CUTOFF
from train.evaluation.world import World, age_bands
from train.features.schema import AGE_LIMITS

FEWEST_READERS = 10
"""Of fewer, the bootstrap tells nothing: their part is left out."""

_COUNTRIES = 4
_HISTORY = (1, 50, 150, 300)
_TIMES = ("00-05", "06-11", "12-17", "18-23")
_SECONDS = 2**33
"""More than any time: a reader and a time make one number."""

Labels = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Slice:
    """A part of the sessions, or, by topic, of the likes.

    Attributes:
        kind: what the parts differ in.
        name: of the part.
        count: of its sessions or likes.
        lenta: the share in which a liked post is among the first five.
        popularity: the same, ranked by popularity.
        chance: the same, expected of a random order.
        gain: what Lenta has more than popularity.
    """

    kind: str
    name: str
    count: int
    lenta: Estimate
    popularity: float
    chance: float
    gain: Estimate


def slices(sessions: Sessions, world: World, seed: int) -> list[Slice]:
    """All slices, kind by kind; the same resamples of readers serve all."""
    shown = sessions.slates
    resamples = Resamples(shown.reader_count, seed)
    of_sessions = _Parts(
        resamples, shown.readers, slates.random_hit_rate(shown),
        *(slates.hit_rate(shown, sessions.ranks[model]) for model in (LENTA, POPULARITY)),
    )  # fmt: skip
    liked = np.flatnonzero(shown.liked)
    topics = world.posts["topic"].loc[sessions.pairs["post_id"][liked]].to_numpy(str)
    sizes = shown.sizes[shown.slate_of_row[liked]]
    of_likes = _Parts(
        resamples, shown.reader_of_row[liked], np.minimum(CUTOFF, sizes) / sizes,
        *((sessions.ranks[model][liked] < CUTOFF).astype(float) for model in (LENTA, POPULARITY)),
    )  # fmt: skip
    return [
        part
        for kind, labels in _labels(sessions, world).items()
        for part in of_sessions.by(kind, labels)
    ] + of_likes.by("topic of the like", topics)


@dataclass(frozen=True)
class _Parts:
    """Sessions or likes to be put into parts.

    Attributes:
        resamples: of all readers.
        readers: int64 [n], whose each is.
        chance: float64 [n], the expected hits of a random order.
        lenta: float64 [n], hits.
        popularity: the same of popularity.
    """

    resamples: Resamples
    readers: npt.NDArray[np.int64]
    chance: npt.NDArray[np.float64]
    lenta: npt.NDArray[np.float64]
    popularity: npt.NDArray[np.float64]

    def by(self, kind: str, labels: Labels) -> list[Slice]:
        """A slice for each label, [n], that enough readers share."""
        inside = {str(name): labels == name for name in np.unique(labels)}
        inside = {
            name: part
            for name, part in inside.items()
            if len(np.unique(self.readers[part])) >= FEWEST_READERS
        }
        if not inside:
            return []
        weights = np.stack(list(inside.values()), axis=1).astype(np.float64)
        ours, theirs = (
            self.resamples.means(hits, self.readers, weights)
            for hits in (self.lenta, self.popularity)
        )
        return [
            Slice(
                kind, name, int(part.sum()), mine.estimate, other.value,
                float(self.chance[part].mean()), mine.less(other),
            )
            for (name, part), mine, other in zip(inside.items(), ours, theirs, strict=True)
        ]  # fmt: skip


def _labels(sessions: Sessions, world: World) -> dict[str, Labels]:
    starts, pairs = sessions.slates.starts, sessions.pairs
    reader, time = pairs["user_id"][starts], pairs["time"][starts]
    profile = world.readers.reindex(reader)
    largest = world.readers["country"].value_counts().index[:_COUNTRIES]
    country = profile["country"].where(profile["country"].isin(largest), "others")
    limits = (0, *AGE_LIMITS)
    bands = [f"{a:02d}-{b - 1}" for a, b in pairwise(limits)]
    ages = np.array([*bands, f"{AGE_LIMITS[-1]} and more", "not known"])
    # All views of a reader before the session, but those of the feed's first day.
    everything = world.features.pairs
    when = everything["user_id"] * _SECONDS + everything["time"]
    seen = np.searchsorted(when, reader * _SECONDS + time) - np.searchsorted(
        when, reader * _SECONDS
    )
    lengths = np.array(["0", "001-049", "050-149", "150-299", "300 and more"])
    return {
        "age": ages[age_bands(profile["age"].to_numpy(np.float64))],
        "country": country.to_numpy(str),
        "hour": np.array(_TIMES)[time // 3600 % 24 // 6],
        "views before": lengths[np.searchsorted(_HISTORY, seen, "right")],
    }
