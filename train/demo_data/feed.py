"""The feed of a cohort: when its readers come, what they are shown, and what they like."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.demo_data import packing
from train.demo_data.catalogue import Catalogue
from train.demo_data.plan import Plan, Stream
from train.demo_data.population import Readers
from train.demo_data.taste import DAY, fatigue, like_probability, log_intensity

_PERIOD = 90
"""Days in which a reader's number of sessions is counted."""
# Sessions of a reader in 90 days: occasional, middling and steady readers with their shares.
_SESSIONS = ((0.33, 5, 8), (0.29, 9, 16), (0.38, 17, 24))
_RUN = (10, 19)
"""Posts in either of the two runs that make a session."""
_CUT_SHORT = 0.008
_CUT_TO = (1, 16)
_OPENS, _LAST_START = 6 * 3600, 23 * 3600
_GAP = (10, 179)
_LIKE_DELAY = (8, 177)

# Shares of the topics in what is shown, in the order of TOPICS, by the reader's age.
_SHARES = {
    (25, 28): (0.072, 0.064, 0.105, 0.124, 0.042, 0.238, 0.355),
    (29, 35): (0.070, 0.043, 0.180, 0.195, 0.057, 0.212, 0.243),
}
_SHARES_ELSE = (0.056, 0.045, 0.091, 0.126, 0.036, 0.247, 0.399)


@dataclass(frozen=True)
class _Sessions:
    """Sessions of a cohort, each array int64 [sessions]."""

    reader: NDArray[np.int64]
    day: NDArray[np.int64]
    fresh: NDArray[np.int64]
    size: NDArray[np.int64]


def draw_feed(
    plan: Plan, cohort: range, readers: Readers, catalogue: Catalogue
) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    """Draws all that a cohort sees and likes.

    Yields:
        A day, counted from the first, and its rows as `packing.pack` makes them, in no order; every
        day once at most.
    """
    rng = plan.rng(Stream.FEED, cohort.start)
    sessions = _draw_sessions(rng, len(cohort), plan.days)
    of = np.repeat(np.arange(len(sessions.size)), sessions.size)
    position = np.arange(len(of)) - np.repeat(
        np.cumsum(sessions.size) - sessions.size, sessions.size
    )
    second = _draw_seconds(rng, sessions, of, position)
    reader, day = sessions.reader[of], sessions.day[of]
    post = _draw_posts(rng, readers.age[reader], catalogue)
    intensity = log_intensity(readers.tastes, reader, catalogue.appeals, post, day * DAY + second)
    intensity += fatigue(position, tired=position >= sessions.fresh[of])
    liked = rng.random(len(of), dtype=np.float32) < like_probability(intensity)

    views = packing.pack(second, cohort.start + reader, post, liked.astype(np.int64))
    when = second[liked] + rng.integers(*_LIKE_DELAY, np.count_nonzero(liked), endpoint=True)
    like = np.full(len(when), packing.LIKE)
    likes = packing.pack(when, cohort.start + reader[liked], post[liked], like)
    yield from _by_day(np.concatenate([day, day[liked]]), np.concatenate([views, likes]))


def _draw_sessions(rng: np.random.Generator, readers: int, days: int) -> _Sessions:
    """At most one session a day; a reader comes as often in every 90 days."""
    shares, least, most = (np.array(column) for column in zip(*_SESSIONS, strict=True))
    kind = rng.choice(len(shares), readers, p=shares)
    often = rng.integers(least[kind], most[kind], endpoint=True)
    reader_parts, day_parts = [], []
    for start in range(0, days, _PERIOD):
        order = np.argsort(rng.random((readers, _PERIOD)), axis=1)
        reader, pick = np.nonzero(np.arange(_PERIOD) < often[:, None])
        day = start + order[reader, pick]
        reader_parts.append(reader[day < days])
        day_parts.append(day[day < days])
    reader, day = np.concatenate(reader_parts), np.concatenate(day_parts)
    fresh, tired = rng.integers(*_RUN, (2, len(day)), endpoint=True)
    short = rng.integers(*_CUT_TO, len(day), endpoint=True)
    size = np.where(rng.random(len(day)) < _CUT_SHORT, short, fresh + tired)
    return _Sessions(reader, day, fresh, size)


def _draw_seconds(
    rng: np.random.Generator,
    sessions: _Sessions,
    of: NDArray[np.int64],
    position: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Second of the day of each view; a session and its likes end before midnight."""
    gaps = rng.integers(*_GAP, len(of), endpoint=True)
    gaps[position == 0] = 0
    passed = np.cumsum(gaps)
    last = np.cumsum(sessions.size) - 1
    before = passed[last - sessions.size + 1]
    latest = DAY - 1 - _LIKE_DELAY[1] - (passed[last] - before)
    start = np.minimum(rng.integers(_OPENS, _LAST_START, len(last)), latest)
    second: NDArray[np.int64] = passed + (start - before)[of]
    return second


def _draw_posts(
    rng: np.random.Generator, age: NDArray[np.int64], catalogue: Catalogue
) -> NDArray[np.int64]:
    """The post shown at each view, [views]: a topic by the reader's age, then one of its posts."""
    draw = rng.random(len(age))
    post = np.empty(len(age), np.int64)
    left = np.ones(len(age), bool)
    for (youngest, oldest), shares in _SHARES.items():
        here = (age >= youngest) & (age <= oldest)
        post[here] = _inverse(catalogue, shares, draw[here])
        left &= ~here
    post[left] = _inverse(catalogue, _SHARES_ELSE, draw[left])
    return post


def _inverse(
    catalogue: Catalogue, shares: tuple[float, ...], draw: NDArray[np.float64]
) -> NDArray[np.int64]:
    weights = np.array(shares)[catalogue.topic] * catalogue.shown
    edges = np.cumsum(weights)
    return np.searchsorted(edges / edges[-1], draw, side="right")


def _by_day(
    day: NDArray[np.int64], rows: NDArray[np.uint64]
) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    counts = np.bincount(day)
    parts = np.split(rows[np.argsort(day.astype(np.uint16), kind="stable")], np.cumsum(counts)[:-1])
    yield from ((index, part) for index, part in enumerate(parts) if len(part))
