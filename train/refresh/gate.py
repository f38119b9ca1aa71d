"""The gate of a release with newer features: what can be told without training."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from artifacts.manifest import DataFacts, Manifest
from artifacts.proofs import Check, Gate
from train.features.rows import FeatureRows
from train.retrieval.requests import Ranker

LEAST_LEFT = 0.9
"""Of what there was. Tables grow: of one that has shrunk by more, a part was lost on its way."""
_ASKED = 200
_BEST = 5
_NOTHING = np.empty(0, np.int64)

Catalogue = tuple[npt.NDArray[np.int64], Ranker]
"""The ids of posts, and what ranks them."""
Rows = tuple[FeatureRows, FeatureRows]
"""Rows of readers and of posts."""


def judge(served: Manifest, data: DataFacts, before: Rows, now: Rows, answers: list[float]) -> Gate:
    """Put the new rows to every check.

    Args:
        served: the manifest of the release that serves.
        data: what the new rows were made from.
        before: rows that serve; of the readers, some.
        now: the new ones.
        answers: of `answers_that_stay`.
    """
    checks = [*_counts(served, data)]
    columns = (served.features.reader, served.features.post)
    for kind, names, *rows in zip(("readers", "posts"), columns, before, now, strict=True):
        checks.append(_least_known(f"the share of {kind} whose", names, *rows))
    if answers:
        name = f"the share of the best {_BEST} of {len(answers)} readers that stays"
        value = float(np.mean(answers))
        checks.append(Check(name=name, value=value, above=0.0, passed=value > 0))
    return Gate(passed=all(check.passed for check in checks), checks=tuple(checks))


def answers_that_stay(
    readers: tuple[FeatureRows, FeatureRows], catalogues: tuple[Catalogue, Catalogue], time: int
) -> list[float]:
    """The share of the best posts that stay, of each of some readers whom both releases know.

    Args:
        readers: rows before and now.
        catalogues: before and now.
        time: epoch seconds at which they ask.
    """
    before, now = readers
    same, *places = np.intersect1d(before.ids, now.ids, return_indices=True)
    chosen = np.linspace(0, len(same) - 1, min(len(same), _ASKED)).astype(int)
    feeds = [
        [ids[rank(row, time, _BEST, _NOTHING).rows] for row in rows.features[place[chosen]]]
        for rows, place, (ids, rank) in zip(readers, places, catalogues, strict=True)
    ]
    return [float(np.isin(new, old).mean()) for old, new in zip(*feeds, strict=True)]


def _counts(served: Manifest, data: DataFacts) -> Iterator[Check]:
    for name in ("readers", "posts", "views", "likes"):
        before, now = getattr(served.data, name), getattr(data, name)
        yield _left(f"the number of {name} over that of release {served.release}", now / before)


def _least_known(
    name: str, columns: tuple[str, ...], before: FeatureRows, now: FeatureRows
) -> Check:
    """The check of the feature of which the most was lost."""
    known = [np.isfinite(rows.features).mean(axis=0) for rows in (before, now)]
    left = np.divide(known[1], known[0], out=np.ones(len(columns)), where=known[0] > 0)
    least = int(left.argmin())
    return _left(f"{name} {columns[least]} is known, over that before,", float(left[least]))


def _left(name: str, value: float) -> Check:
    return Check(name=name, value=value, above=LEAST_LEFT, passed=value > LEAST_LEFT)
