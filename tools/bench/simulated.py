"""Experiments whose truth is known: readers of two arms, and feeds that were drawn by chance.

Readers differ in what they like, and those who like more come more often: their feeds are not
independent, and neither are likes of posts shown.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from artifacts.channel import CONTROL
from train.experiment.explored import PLACES, Explored
from train.experiment.gather import Floats, Readers
from train.experiment.offpolicy import GREEDY, LOGGED, UNIFORM
from train.experiment.plackett_luce import sequence

TREATMENT = "treatment"

_LIKED = 0.11
_FEEDS = 3.0
_POSTS = 10
_TASTE, _HABIT = 0.5, 0.3
_VIEWS_BEFORE = 60.0
_WITHOUT_HISTORY = 0.2

CANDIDATES = 20


def readers(
    count: int, lift: float, generator: np.random.Generator, share: float = 0.5, lost: float = 0
) -> Readers:
    """Readers of an experiment.

    Args:
        count: of both arms.
        lift: what the treatment's readers like more, relative.
        generator: of all that is drawn.
        share: of the treatment.
        lost: the share of the treatment's readers who are not in the log.
    """
    treated = generator.random(count) < share
    seen = ~(treated & (generator.random(count) < lost))
    taste = generator.normal(size=count)
    chance = np.minimum(_LIKED * np.exp(_TASTE * taste - _TASTE**2 / 2), 0.9)
    now = np.minimum(chance * (1 + lift * treated), 1.0)
    feeds = 1 + generator.poisson(_FEEDS * np.exp(_HABIT * taste))
    views = generator.poisson(_VIEWS_BEFORE * np.exp(_HABIT * taste))
    views[generator.random(count) < _WITHOUT_HISTORY] = 0
    columns = (
        feeds,
        feeds * _POSTS,
        generator.binomial(feeds * _POSTS, now),
        generator.binomial(feeds, 1 - (1 - now) ** PLACES),
        views,
        generator.binomial(views, chance),
    )
    arm = np.where(treated, TREATMENT, CONTROL)[seen]
    return Readers(arm, *(column[seen].astype(np.float64) for column in columns))


def true_gain(lift: float) -> float:
    """The true difference of the like rates: of likes to posts shown, over all readers."""
    both = np.exp(((_TASTE + _HABIT) ** 2 - _TASTE**2) / 2)
    feeds = np.exp(_HABIT**2 / 2)
    return float(lift * _LIKED * (1 + _FEEDS * both) / (1 + _FEEDS * feeds))


def part_of(everyone: Readers, count: int) -> Readers:
    """The first readers."""
    return Readers(*(getattr(everyone, name)[:count] for name in Readers.__annotations__))


@dataclass(frozen=True)
class Feeds:
    """Candidates of feeds and what is liked of them.

    Attributes:
        reader: int64 [feeds].
        scores: float64 [feeds, CANDIDATES], best first.
        chance: float64 [feeds, CANDIDATES, PLACES], that a post is liked at a place.
    """

    reader: npt.NDArray[np.int64]
    scores: Floats
    chance: Floats


def true_values(
    temperature: float, generator: np.random.Generator, *, honest: bool, rounds: int = 25
) -> dict[str, float]:
    """The true value of each policy: the mean chance of a like over 500,000 of its own lists."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        some = feeds(20_000, generator, honest=honest)
        logits = some.scores / temperature
        policies = {
            LOGGED: logits,
            GREEDY: logits,
            "at half the temperature": logits * 2,
            "at double the temperature": logits / 2,
            UNIFORM: logits * 0,
        }
        for policy, target in policies.items():
            chosen = np.arange(PLACES) if policy == GREEDY else _drawn(target, generator)
            found.setdefault(policy, []).append(float(_chances(some, chosen).mean()))
    return {policy: float(np.mean(means)) for policy, means in found.items()}


def feeds(count: int, generator: np.random.Generator, *, honest: bool) -> Feeds:
    """Feeds of readers who come three times on average.

    Args:
        count: of feeds.
        generator: of all that is drawn.
        honest: whether the score and the place say all there is to say of a like; else readers
            differ in what they like, and posts in what no score knows.
    """
    reader = np.sort(generator.integers(max(count // 3, 1), size=count))
    _, reader = np.unique(reader, return_inverse=True)
    scores = -np.sort(-generator.normal(-2, 0.7, (count, CANDIDATES)), axis=1)
    margins = 0.2 + scores
    if not honest:
        margins = 0.6 * margins + 0.5 * generator.normal(size=reader.max() + 1)[reader][:, None]
        margins += 0.5 * generator.normal(size=scores.shape)
    places = -0.15 * np.arange(PLACES)
    return Feeds(reader, scores, 1 / (1 + np.exp(-margins[:, :, np.newaxis] - places)))


def drawn(of: Feeds, temperature: float, generator: np.random.Generator) -> Explored:
    """The feeds as they were shown and liked."""
    logits = of.scores / temperature
    chosen = _drawn(logits, generator)
    chances = _chances(of, chosen)
    return Explored(
        reader=of.reader,
        scores=of.scores,
        temperature=np.full(len(chosen), temperature),
        chosen=chosen,
        propensities=sequence(logits, chosen),
        liked=generator.random(chances.shape) < chances,
    )


def _drawn(logits: Floats, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """Plackett-Luce by the Gumbel top-k trick: int64 [feeds, PLACES]."""
    return np.argsort(-(logits + generator.gumbel(size=logits.shape)), axis=1)[:, :PLACES]


def _chances(of: Feeds, chosen: npt.NDArray[np.int64]) -> Floats:
    found: Floats = of.chance[np.arange(len(of.chance))[:, np.newaxis], chosen, np.arange(PLACES)]
    return found
