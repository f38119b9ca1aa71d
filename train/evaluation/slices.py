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
    """All slices, kind by kind."""
    found = []
    for kind, labels in _labels(sessions, world).items():
        for name in np.unique(labels):
            part = sessions.choose(labels == name)
            if part is not None and part.slates.reader_count >= FEWEST_READERS:
                found.append(_of_sessions(part, kind, str(name), seed))
    return [*found, *_topics(sessions, world, seed)]


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


def _of_sessions(part: Sessions, kind: str, name: str, seed: int) -> Slice:
    shown = part.slates
    resamples = Resamples(shown.reader_count, seed)
    ours, theirs = (
        resamples.over_slates(shown, slates.hit_rate(shown, part.ranks[model]))
        for model in (LENTA, POPULARITY)
    )
    chance = float(slates.random_hit_rate(shown).mean())
    return Slice(
        kind, name, len(shown.sizes), ours.estimate, theirs.value, chance, ours.less(theirs)
    )


def _topics(sessions: Sessions, world: World, seed: int) -> list[Slice]:
    """By the topic of the liked post: the share of the likes that are among the first five."""
    shown = sessions.slates
    liked = np.flatnonzero(shown.liked)
    topic = world.posts["topic"].loc[sessions.pairs["post_id"][liked]].to_numpy(str)
    resamples = Resamples(shown.reader_count, seed)
    size = shown.sizes[shown.slate_of_row[liked]]
    found = []
    for name in np.unique(topic):
        rows = liked[topic == name]
        if len(np.unique(shown.reader_of_row[rows])) < FEWEST_READERS:
            continue
        reader, one = shown.reader_of_row[rows], np.ones(len(rows))
        ours, theirs = (
            resamples.mean((sessions.ranks[model][rows] < CUTOFF).astype(float), reader, one)
            for model in (LENTA, POPULARITY)
        )
        chance = float((np.minimum(CUTOFF, size) / size)[topic == name].mean())
        found.append(
            Slice(
                "topic of the like", str(name), len(rows), ours.estimate, theirs.value, chance,
                ours.less(theirs),
            )
        )  # fmt: skip
    return found
