"""What other ways of drawing the feed would have been liked, from feeds that were drawn by chance.

The value of a policy is the like rate of the first places of its list. Each logged place counts as
often as the policy would have put that post there, relative to how often it was put there:

- by the sequence: the product of the ratios of the places up to it. Asks only that a like does not
  depend on the posts below (McInerney et al., "Counterfactual evaluation of slate recommendations
  with sequential reward interactions", KDD 2020).
- by the place: the ratio of the chances of that post at that place, whatever the others. Asks that
  a like depends on the post and its place alone, and needs far fewer feeds (Li et al., "Offline
  evaluation of ranking policies with click models", KDD 2018).

SNIPS divides by the sum of the weights (Swaminathan and Joachims, "The self-normalized estimator
for counterfactual learning", NIPS 2015). DR weighs only what a model of likes does not foretell
(Dudík, Langford and Li, "Doubly robust policy evaluation and learning", ICML 2011; over places:
Kiyohara et al., "Doubly robust off-policy evaluation for ranking policies under the cascade
behavior model", WSDM 2022), its weights normalized, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from train.evaluation.bootstrap import Estimate
from train.experiment.explored import PLACES, Explored
from train.experiment.gather import Floats
from train.experiment.plackett_luce import Ids, marginals, sequence
from train.experiment.ratios import Ratio

ENOUGH = 100.0
"""Feeds of equal weight that the weights must be worth at every place: below it intervals are too
narrow (`docs/benchmarks.md`, "Experiments")."""

GREEDY, UNIFORM = "by score", "uniform over the candidates"
LOGGED = "as it was drawn"
_FACTORS = {"at half the temperature": 0.5, "at double the temperature": 2.0}


@dataclass(frozen=True)
class PolicyValue:
    """The like rate that a policy would have had.

    Attributes:
        policy: its name.
        weights: "sequence" or "place".
        snips: estimate; None if it cannot be told.
        dr: estimate; None if it cannot be told.
        effective: feeds of equal weight that the weights are worth, at the worst place.
    """

    policy: str
    weights: str
    snips: Estimate | None
    dr: Estimate | None
    effective: float


@dataclass(frozen=True)
class _Policy:
    """A way of drawing the feeds.

    Attributes:
        marginals: float64 [feeds, candidates, PLACES], the chance of each post at each place.
        ratios: float64 [feeds, PLACES], how much likelier than it was each place's post is, given
            those before it.
    """

    name: str
    marginals: Floats
    ratios: Floats


def evaluate(explored: Explored, enough: float = ENOUGH) -> list[PolicyValue]:
    """The values of all policies, by both kinds of weights.

    Args:
        explored: the feeds.
        enough: with fewer effective feeds a value cannot be told.
    """
    logged = marginals(_logits(explored), PLACES)
    likely = _likely(explored)
    told = (
        _value((policy.name, kind), weights, explored, policy.marginals, likely)
        for policy in _policies(explored, logged)
        for kind, weights in (
            ("sequence", np.cumprod(policy.ratios, axis=1, dtype=np.float64)),
            ("place", _chosen(policy.marginals, explored) / _chosen(logged, explored)),
        )
    )
    return [
        value if value.effective >= enough else replace(value, snips=None, dr=None)
        for value in told
    ]


def _policies(explored: Explored, logged: Floats) -> Iterator[_Policy]:
    yield _Policy(LOGGED, logged, np.ones(explored.chosen.shape))
    by_score = np.broadcast_to(np.eye(explored.scores.shape[1], PLACES), logged.shape)
    # Where the places before were by score as well; elsewhere the product is 0 already.
    follows = explored.chosen == np.arange(PLACES)
    yield _Policy(GREEDY, by_score, follows / explored.propensities)
    for name, factor in _FACTORS.items():
        target = _logits(explored) / factor
        ratios = sequence(target, explored.chosen) / explored.propensities
        yield _Policy(name, marginals(target, PLACES), ratios)
    there = np.isfinite(explored.scores)
    even = there / there.sum(axis=1, keepdims=True)
    ratios = sequence(np.where(there, 0.0, -np.inf), explored.chosen) / explored.propensities
    yield _Policy(UNIFORM, np.repeat(even[:, :, np.newaxis], PLACES, axis=2), ratios)


def _value(
    named: tuple[str, str], weights: Floats, explored: Explored, of_policy: Floats, likely: Floats
) -> PolicyValue:
    effective = float(_effective(weights).min())
    if not effective:
        return PolicyValue(*named, None, None, effective)
    liked = explored.liked.astype(np.float64)
    means, moved = _normalized(weights, liked - _chosen(likely, explored))
    expected = (of_policy * likely).sum(axis=1)
    direct = expected.mean(axis=0)
    return PolicyValue(
        *named,
        _over_places(*_normalized(weights, liked), explored.reader),
        _over_places(direct + means, (expected - direct) / len(expected) + moved, explored.reader),
        effective,
    )


def _normalized(weights: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Of each place the weighted mean, [PLACES], and what each feed moves it by."""
    total = weights.sum(axis=0)
    means = (weights * values).sum(axis=0) / total
    return means, weights * (values - means) / total


def _over_places(means: Floats, moved: Floats, reader: Ids) -> Estimate:
    of_reader = np.bincount(reader, moved.mean(axis=1)).astype(np.float64)
    return Ratio(float(means.mean()), of_reader * len(of_reader)).estimate


def _effective(weights: Floats) -> Floats:
    """Kish's effective sample size of each place."""
    squares: Floats = (weights**2).sum(axis=0)
    found: Floats = weights.sum(axis=0) ** 2 / np.where(squares > 0, squares, 1.0)
    return found


def _likely(explored: Explored) -> Floats:
    """The model of likes, float64 [feeds, candidates, PLACES]: a sigmoid of the score and place.

    Fitted to the log: two numbers and four places, so few that it does not learn feeds by heart.
    """
    scores = np.where(np.isinf(explored.scores), 0.0, explored.scores)
    shown = np.take_along_axis(scores, explored.chosen, axis=1)
    place = np.tile(np.eye(PLACES)[:, 1:], (len(shown), 1))
    liked = explored.liked.ravel()
    if liked.all() or not liked.any():
        return np.full((*scores.shape, PLACES), float(liked.mean()))
    model = LogisticRegression(C=1e3).fit(np.column_stack((shown.ravel(), place)), liked)
    slope, of_place = model.coef_[0, 0], np.r_[0.0, model.coef_[0, 1:]]
    margins = model.intercept_[0] + slope * scores[:, :, np.newaxis] + of_place
    found: Floats = 1 / (1 + np.exp(-margins))
    return found


def _logits(explored: Explored) -> Floats:
    return explored.scores / explored.temperature[:, np.newaxis]


def _chosen(table: Floats, explored: Explored) -> Floats:
    """Of float64 [feeds, candidates, PLACES] what each place's own post has there."""
    return np.stack(
        [
            np.take_along_axis(table[:, :, place], column[:, np.newaxis], axis=1)[:, 0]
            for place, column in enumerate(explored.chosen.T)
        ],
        axis=1,
    )
