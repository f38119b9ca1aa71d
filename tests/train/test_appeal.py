"""What a band makes of a post is drawn towards what else is known, as the counts ask for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.features.appeal import Floats, shares

BANDS, POSTS = 4, 600
KNOWN = np.eye(3)[np.arange(POSTS) % 3]
ALL = np.arange(POSTS)


def drawn(rates: Floats, views: int, seed: int) -> tuple[Floats, Floats]:
    """Counts of so many views of each post by each band."""
    generator = np.random.default_rng(seed)
    shown = np.full(rates.shape, float(views))
    return shown, generator.binomial(views, rates).astype(float)


def with_everyone(table: Floats) -> Floats:
    """One row more: all bands together."""
    return np.vstack((table, table.sum(axis=0)))


def two_kinds(seed: int) -> Floats:
    """Rates that neither topic nor text tells: half of the posts are for the first two bands."""
    kind = np.random.default_rng(seed).integers(2, size=POSTS)
    return np.where(np.arange(BANDS)[:, np.newaxis] < 2, 0.2 + 0.5 * kind, 0.7 - 0.5 * kind)


@given(st.integers(0, 50))
def test_what_one_band_does_tells_of_the_others(seed: int) -> None:
    rates = two_kinds(seed)
    views, counts = drawn(rates, 4, seed)
    views[0, ::2] = counts[0, ::2] = 0  # the first band has not seen every second post
    found = shares(with_everyone(views), with_everyone(counts), KNOWN, ALL)[0, ::2]
    assert np.corrcoef(found, rates[0, ::2])[0, 1] > 0.7


@given(st.integers(0, 50))
def test_where_posts_do_not_differ_little_is_left(seed: int) -> None:
    views, counts = drawn(np.full((BANDS, POSTS), 0.5), 5, seed)
    found = shares(with_everyone(views), with_everyone(counts), KNOWN, ALL)
    assert found.std() < 0.25 * (counts / views).std()


def test_many_views_speak_for_themselves() -> None:
    rates = two_kinds(0)
    views, counts = (with_everyone(table) for table in drawn(rates, 5_000, 0))
    assert shares(views, counts, KNOWN, ALL) == pytest.approx(counts / views, abs=0.02)


def test_what_a_post_has_for_everyone_reaches_each_band_and_no_more_than_bands_agree() -> None:
    generator = np.random.default_rng(4)
    appeal = 0.05 * generator.normal(size=POSTS)
    topic = 0.05 * generator.normal(size=(BANDS, 3)) @ KNOWN.T
    rates = 0.2 + appeal + topic
    views, counts = drawn(rates, 100, 4)
    found = shares(with_everyone(views), with_everyone(counts), KNOWN, ALL)
    assert np.abs(found[:-1] - rates).mean() < 0.6 * np.abs(counts / views - rates).mean()
    assert found[-1] == pytest.approx(found[:-1].mean(axis=0))


def test_a_post_is_told_the_same_whoever_else_is_asked_for() -> None:
    views, counts = (with_everyone(table) for table in drawn(two_kinds(1), 5, 1))
    some = ALL[5::7]
    found = shares(views, counts, KNOWN, some)
    assert found == pytest.approx(shares(views, counts, KNOWN, ALL)[:, some])


@pytest.mark.parametrize("liked", [0.0, 1.0])
def test_views_that_are_all_alike_tell_nothing_more(liked: float) -> None:
    views = np.ones((BANDS, POSTS))
    assert (shares(views, views * liked, KNOWN, ALL) == liked).all()


def test_where_no_age_is_known_everyone_is_one_band() -> None:
    (rates,) = two_kinds(2)[:1]
    views, counts = drawn(rates[np.newaxis], 50, 2)
    nobody = np.zeros((BANDS, POSTS))
    found = shares(np.vstack((nobody, views)), np.vstack((nobody, counts)), KNOWN, ALL)
    assert (found == found[-1]).all()
    assert np.abs(found[-1] - rates).mean() < np.abs(counts / views - rates).mean()


def test_without_a_view_nothing_is_known() -> None:
    nothing = np.zeros((BANDS, POSTS))
    assert (shares(nothing, nothing, KNOWN, ALL) == 0).all()
