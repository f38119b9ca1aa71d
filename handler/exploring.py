"""Drawing a feed's order instead of sorting it, so that the log tells what others would have done.

Plackett-Luce: post after post is drawn without replacement, by exp(score / temperature). It is
drawn by the Gumbel-max trick: sorted by score / temperature plus Gumbel noise (Yellott, "The
relationship between Luce's choice axiom...", 1977; Kool et al., "Stochastic beams", ICML 2019).
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CANDIDATES = 20
"""So many of the best are drawn among; what comes after them stays in the order of scores."""


@dataclass(frozen=True)
class Draw:
    """That the order is to be drawn.

    Attributes:
        temperature: above 0; the higher, the more even.
        seed: any text; the same draws the same.
    """

    temperature: float
    seed: str


@dataclass(frozen=True)
class Exploration:
    """How the first places of a feed were drawn.

    Attributes:
        temperature: above 0; the higher, the more even.
        posts: ids of the candidates, best first.
        scores: theirs, log odds of a like.
        propensities: of each place, the probability of its post given the posts before it.
    """

    temperature: float
    posts: Sequence[int]
    scores: Sequence[float]
    propensities: Sequence[float]

    def record(self) -> dict[str, Any]:
        """As it is logged."""
        return {
            "temperature": self.temperature,
            "posts": self.posts,
            "scores": [round(score, 6) for score in self.scores],
            # Of significant digits: a propensity may be very small, and is divided by.
            "propensities": [float(f"{share:.6g}") for share in self.propensities],
        }


def drawn(
    posts: Sequence[int], scores: Sequence[float], temperature: float, seed: str
) -> tuple[list[int], list[float]]:
    """An order of the candidates, and the probability of each given those before it.

    The same seed draws the same order, also where a candidate is missing: the others keep theirs.

    Args:
        posts: ids of the candidates.
        scores: theirs.
        temperature: above 0.
        seed: any text.

    Returns:
        Positions in `posts`, first place first; and as many probabilities.
    """
    noisy = [
        score / temperature + _gumbel(f"{seed} {post}")
        for post, score in zip(posts, scores, strict=True)
    ]
    order = sorted(range(len(posts)), key=lambda position: -noisy[position])
    return order, propensities([scores[position] for position in order], temperature)


def propensities(scores: Sequence[float], temperature: float) -> list[float]:
    """Of each place, the probability of its post given the posts before it.

    Args:
        scores: of all candidates, in the order that was drawn.
        temperature: above 0.
    """
    most = max(scores, default=0.0)
    weights = [math.exp((score - most) / temperature) for score in scores]
    found, left = [], 0.0
    for weight in reversed(weights):
        left += weight
        found.append(weight / left if left else 1.0)
    return found[::-1]


def _gumbel(text: str) -> float:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    # In the middle of its interval: neither 0 nor 1, of which there is no logarithm.
    uniform = (int.from_bytes(digest) + 0.5) / 2**64
    return -math.log(-math.log(uniform))
