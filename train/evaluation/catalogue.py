"""Task two: the best of the whole catalogue, less what the reader has liked, as it is served.

Every post is scored, none is sampled: Krichene and Rendle, "On sampled metrics for item
recommendation", KDD 2020. A post that was not shown could not be liked, and the feed showed posts
nearly at random: hits are rare, and only comparisons of scorers mean something.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from train.evaluation.ranking import RANDOM
from train.evaluation.releases import Release
from train.evaluation.scorers import Scorer
from train.evaluation.slates import CUTOFF

MOST_REQUESTS = 300
"""Of one fold, each another reader's."""

LONG = 100
HIT, RECALL = f"hit_rate@{CUTOFF}", f"recall@{LONG}"
NOVELTY, DIVERSITY = f"novelty@{CUTOFF}, bits", f"diversity@{CUTOFF}"

_BLOCK = 200_000

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Pairs = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Lists:
    """What one scorer recommended: `first`, int64 [requests, CUTOFF] post ids, and its metrics."""

    first: Ids
    metrics: dict[str, Floats]


@dataclass(frozen=True)
class Answered:
    """The requests of a fold.

    Attributes:
        readers: int64 [requests], ids.
        posts: how many there are to choose from.
        lists: of each scorer.
    """

    readers: Ids
    posts: int
    lists: dict[str, Lists]


def answer(release: Release, shown: Pairs, scorers: dict[str, Scorer], seed: int) -> Answered:
    """Let every scorer choose for readers who will like something in the window.

    Args:
        release: what is known, and the catalogue.
        shown: pairs of the window, of readers with history, by reader and time.
        scorers: fitted to the release's world.
        seed: of the readers drawn.
    """
    first, targets, known = _requests(release, shown, seed)
    generator = np.random.default_rng(seed)
    count, posts = len(first), len(release.post_ids)
    best = {name: np.empty((count, min(LONG, posts)), np.int64) for name in (*scorers, RANDOM)}
    step = max(1, _BLOCK // posts)
    for start in range(0, count, step):
        block = range(start, min(start + step, count))
        pairs = {name: np.repeat(column[first[block]], posts) for name, column in shown.items()}
        features = release.rows_for(pairs | {"post_id": np.tile(release.post_ids, len(block))})
        for name, rows in best.items():
            scores = (
                scorers[name](features) if name in scorers else generator.random(posts * len(block))
            ).reshape(len(block), posts)
            for request, row in zip(block, scores, strict=True):
                row[known[request]] = -np.inf
                # Posts are most liked first: so are those of equal score.
                rows[request] = np.argsort(-row, kind="stable")[: rows.shape[1]]
    lists = {name: _lists(release, rows, targets) for name, rows in best.items()}
    lists[RANDOM].metrics.update(_chance(targets, [posts - len(left_out) for left_out in known]))
    return Answered(shown["user_id"][first], posts, lists)


def _requests(release: Release, shown: Pairs, seed: int) -> tuple[Ids, list[Ids], list[Ids]]:
    """Rows of `shown` that begin a request; rows of posts to be found, and to be left out."""
    by_id = np.argsort(release.post_ids)

    def rows(ids: npt.NDArray[Any]) -> Ids:
        return by_id[np.searchsorted(release.post_ids, np.unique(ids), sorter=by_id)]

    readers, first = np.unique(shown["user_id"], return_index=True)
    ends = np.append(first[1:], len(shown["user_id"]))
    past = dict(iter(release.world.likes.groupby("user_id")["post_id"]))
    found: list[tuple[int, Ids, Ids]] = []
    for place in np.random.default_rng(seed).permutation(len(readers)):
        window = slice(first[place], ends[place])
        known = rows(past.get(readers[place], np.empty(0, np.int64)))
        wanted = rows(shown["post_id"][window][shown["liked"][window]])
        wanted = np.setdiff1d(wanted, known)
        if len(wanted):
            found.append((int(first[place]), wanted, known))
        if len(found) == MOST_REQUESTS:
            break
    return (
        np.array([row for row, _, _ in found], np.int64),
        [wanted for _, wanted, _ in found],
        [known for _, _, known in found],
    )


def _lists(release: Release, best: Ids, targets: list[Ids]) -> Lists:
    world = release.world
    place = np.searchsorted(world.posts.index.to_numpy(), release.post_ids)
    topics = world.topics[place]
    # Self-information of an impression, one more counted for each post.
    views = world.post_views.views[-1][place] + 1
    bits = -np.log2(views / views.sum())
    hits = [np.isin(row, wanted) for row, wanted in zip(best, targets, strict=True)]
    first = best[:, :CUTOFF]
    size = first.shape[1]
    alike = (topics[first][:, :, np.newaxis] == topics[first][:, np.newaxis]).sum(axis=(1, 2))
    pairs = max(size * (size - 1), 1)
    return Lists(
        release.post_ids[first],
        {
            HIT: np.array([float(hit[:CUTOFF].any()) for hit in hits]),
            RECALL: np.array([h.sum() / len(t) for h, t in zip(hits, targets, strict=True)]),
            NOVELTY: bits[first].mean(axis=1),
            DIVERSITY: 1 - (alike - size) / pairs,
        },
    )


def _chance(targets: list[Ids], sizes: list[int]) -> dict[str, Floats]:
    """The exact expectations of what is found at random."""
    miss = [
        np.prod([max(0, size - len(wanted) - i) / (size - i) for i in range(min(CUTOFF, size))])
        for wanted, size in zip(targets, sizes, strict=True)
    ]
    return {HIT: 1 - np.array(miss), RECALL: np.minimum(1.0, LONG / np.array(sizes))}


def coverage(first: Ids, posts: int) -> float:
    """The share of the catalogue that was recommended to anyone."""
    return len(np.unique(first)) / posts


def gini(first: Ids, posts: int) -> float:
    """How unevenly posts are recommended: 0 if all as often, 1 if always the same one.

    Args:
        first: int64 [requests, k] post ids.
        posts: how many there are, also those that were never recommended.
    """
    counts = np.zeros(posts)
    there = np.unique(first, return_counts=True)[1]
    counts[posts - len(there) :] = np.sort(there)
    rank = np.arange(1, posts + 1)
    return float((2 * rank - posts - 1) @ counts / (posts * counts.sum()))
