"""The metrics are the field's own, and their intervals cover what they should."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

from train.evaluation import slates
from train.evaluation.bootstrap import Resamples
from train.evaluation.slates import CUTOFF, Slates, group_slates

Rows = tuple[list[int], list[int], list[bool], list[float]]


@st.composite
def impressions(draw: st.DrawFn) -> Rows:
    """Readers, sessions, likes and scores; several slates of different sizes."""
    user_id: list[int] = []
    session: list[int] = []
    for reader in range(draw(st.integers(1, 4))):
        for visit in range(draw(st.integers(1, 3))):
            size = draw(st.integers(1, 12))
            user_id += [reader] * size
            session += [visit] * size
    count = len(user_id)
    liked = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    score = st.integers(0, 5).map(float)
    return user_id, session, liked, draw(st.lists(score, min_size=count, max_size=count))


def grouped(rows: Rows) -> tuple[Slates, npt.NDArray[np.float64]]:
    user_id, session, liked, scores = rows
    shown = group_slates(
        np.array(user_id, np.int64),
        np.array(session, np.int64),
        np.array(liked, np.bool_),
        np.arange(len(liked)),
    )
    return shown, np.array(scores)


@given(impressions())
def test_hit_rate_is_whether_a_liked_post_is_among_the_first_five(rows: Rows) -> None:
    shown, scores = grouped(rows)
    found = slates.hit_rate(shown, slates.ranks(shown, scores))
    expected = []
    for start, size in zip(shown.starts, shown.sizes, strict=True):
        first = np.argsort(-scores[start : start + size], kind="stable")[:CUTOFF]
        expected.append(float(shown.liked[start : start + size][first].any()))
    assert found.tolist() == expected


@settings(max_examples=50)
@given(impressions())
def test_ndcg_agrees_with_scikit_learn(rows: Rows) -> None:
    shown, scores = grouped(rows)
    # scikit-learn averages over ties; without ties the two must agree.
    scores = scores + np.linspace(0, 0.5, len(scores))
    found = slates.ndcg(shown, slates.ranks(shown, scores))
    for start, size, value in zip(shown.starts, shown.sizes, found, strict=True):
        liked = shown.liked[start : start + size].astype(float)
        if not liked.any():
            assert np.isnan(value)
        elif size > 1:  # scikit-learn refuses a single document
            expected = ndcg_score([liked], [scores[start : start + size]], k=CUTOFF)
            assert value == pytest.approx(expected)


@settings(max_examples=30)
@given(impressions())
def test_auc_agrees_with_scikit_learn_ties_included(rows: Rows) -> None:
    shown, scores = grouped(rows)
    if not 0 < shown.liked.sum() < len(scores):
        return
    found = Resamples(shown.reader_count, 1).auc(shown, scores, np.zeros(len(scores), np.int64))
    assert found.value == pytest.approx(roc_auc_score(shown.liked, scores))


def test_the_expectations_of_chance_are_what_shuffling_gives() -> None:
    generator = np.random.default_rng(3)
    sizes = [1, 3, 5, 6, 12, 28]
    likes = [0, 1, 5, 2, 3, 4]
    user_id = np.repeat(np.arange(len(sizes)), sizes)
    liked = np.concatenate([np.arange(s) < k for s, k in zip(sizes, likes, strict=True)])
    shown = group_slates(user_id, np.zeros(len(user_id), np.int32), liked, np.arange(len(user_id)))
    shuffled = [slates.ranks(shown, generator.random(len(user_id))) for _ in range(4_000)]
    hits = np.mean([slates.hit_rate(shown, rank) for rank in shuffled], axis=0)
    gains = np.mean([slates.ndcg(shown, rank) for rank in shuffled], axis=0)
    assert slates.random_hit_rate(shown) == pytest.approx(hits, abs=0.03)
    assert slates.random_ndcg(shown) == pytest.approx(gains, abs=0.03, nan_ok=True)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(5)
    covered = 0
    for trial in range(100):
        rates = generator.beta(2, 2, size=60)  # readers differ, so their rows are not independent
        liked = generator.random((60, 10)) < rates[:, np.newaxis]
        shown = group_slates(
            np.repeat(np.arange(60), 10),
            np.tile(np.arange(10, dtype=np.int32), 60),
            liked.ravel(),
            np.arange(600),
        )
        values = liked.ravel().astype(float)
        estimate = Resamples(60, trial).over_slates(shown, values).estimate
        covered += estimate.low <= 0.5 <= estimate.high
    assert 87 <= covered <= 100


@settings(max_examples=20)
@given(impressions())
def test_ranks_within_a_slate_are_a_permutation(rows: Rows) -> None:
    shown, scores = grouped(rows)
    rank = slates.ranks(shown, scores)
    for start, size in zip(shown.starts, shown.sizes, strict=True):
        assert sorted(rank[start : start + size]) == list(range(size))


def test_of_equal_scores_the_more_liked_post_comes_first_and_never_the_one_shown_first() -> None:
    place = slates.place_among_equals(np.array([0.1, 0.0, 0.3, 0.1]), np.array([9, 8, 7, 6]))
    shown = group_slates(np.zeros(4, np.int64), np.zeros(4, np.int32), np.zeros(4, np.bool_), place)
    assert slates.ranks(shown, np.array([1.0, 2.0, 1.0, 1.0])).tolist() == [3, 0, 1, 2]


def test_a_perfect_scorer_beats_chance_and_is_told_apart() -> None:
    generator = np.random.default_rng(1)
    user_id = np.repeat(np.arange(50), 20)
    liked = generator.random(1000) < 0.1
    shown = group_slates(user_id, np.zeros(1000, np.int32), liked, np.arange(1000))
    resamples = Resamples(shown.reader_count, 1)
    perfect, blind = (
        resamples.over_slates(shown, slates.ndcg(shown, slates.ranks(shown, scores)))
        for scores in (liked.astype(float), generator.random(1000))
    )
    chance = resamples.over_slates(shown, slates.random_ndcg(shown))
    assert perfect.value == 1.0
    assert blind.estimate.low < chance.value < blind.estimate.high
    assert perfect.less(blind).low > 0
