"""The interval of a like rate counts readers, and is right as often as it says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.evaluation.wilson import wilson
from train.inspect.rates import FEWEST_READERS, Sums, like_rate


def sums(views: list[int], likes: list[int]) -> Sums:
    return Sums(
        readers=len(views),
        views=sum(views),
        likes=sum(likes),
        views_views=sum(one * one for one in views),
        views_likes=sum(one * other for one, other in zip(views, likes, strict=True)),
        likes_likes=sum(one * one for one in likes),
    )


def test_it_covers_the_truth_as_often_as_it_says_though_a_reader_s_views_are_alike() -> None:
    generator = np.random.default_rng(1)
    covered = {"readers": 0, "views": 0}
    trials, readers, truth = 1_000, 60, 0.12
    for _ in range(trials):
        views = generator.integers(50, 600, readers)
        tastes = generator.beta(truth * 20, (1 - truth) * 20, readers)
        found = sums(views.tolist(), generator.binomial(views, tastes).tolist())
        for name, estimate in (
            ("readers", like_rate(found)),
            ("views", wilson(found.likes / found.views, found.views)),
        ):
            covered[name] += estimate.low <= truth <= estimate.high
    assert 0.92 < covered["readers"] / trials < 0.975
    assert covered["views"] / trials < 0.5


@given(
    st.lists(
        st.integers(1, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
        min_size=1, max_size=40,
    )
)  # fmt: skip
def test_it_holds_the_rate_and_stays_between_0_and_1(readers: list[tuple[int, int]]) -> None:
    views, likes = [n for n, _ in readers], [k for _, k in readers]
    estimate = like_rate(sums(views, likes))
    assert estimate.value == sum(likes) / sum(views)
    if len(readers) < FEWEST_READERS:
        assert math.isnan(estimate.low)
        assert math.isnan(estimate.high)
    else:
        assert 0 <= estimate.low <= estimate.value + 1e-12
        assert estimate.value - 1e-12 <= estimate.high <= 1
        # Never narrower than if all views were independent.
        best = wilson(estimate.value, sum(views))
        assert estimate.high - estimate.low >= best.high - best.low - 1e-12


def test_where_nobody_liked_anything_each_reader_counts_as_one() -> None:
    estimate = like_rate(sums([100] * 20, [0] * 20))
    assert estimate == wilson(0.0, 20)
    assert estimate.high == pytest.approx(0.161, abs=0.001)


def test_without_a_view_there_is_no_rate() -> None:
    assert math.isnan(like_rate(sums([], [])).value)
