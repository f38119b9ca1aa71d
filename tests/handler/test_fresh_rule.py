"""Which place of a feed is a fresh post's: exactly a share of them, and which post it has."""

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.fresh import MOST_CANDIDATES, candidates, fresh_places, mixed

A_FIFTH = Fraction("0.2")

shares = st.decimals(0, "0.5", places=3).map(Fraction)
posts = st.lists(st.integers(0, 200), unique=True, max_size=100)


def plain_places(length: int, share: Fraction) -> list[int]:
    """The fresh places, from 1, as the rule has them."""
    floors = [int(Fraction(place) * share) for place in range(length + 1)]
    return [place for place in range(1, length + 1) if floors[place] > floors[place - 1]]


def plain_feed(best: list[int], fresh: list[int], share: Fraction) -> list[int]:
    """The rule, word for word, of all posts there are and of all fresh ones."""
    feed: list[int] = []
    at = plain_places(len(best), share)
    for place in range(1, len(best) + 1):
        left = [post for post in best if post not in feed]
        left_fresh = [post for post in fresh if post not in feed]
        feed.append((left_fresh if place in at and left_fresh else left)[0])
    return feed


@given(st.integers(0, 300), shares)
def test_a_feed_has_as_many_fresh_places_as_its_share(length: int, share: Fraction) -> None:
    assert fresh_places(length, share) == len(plain_places(length, share))
    assert fresh_places(length, share) <= length * share < fresh_places(length, share) + 1


def test_the_share_is_exact() -> None:
    assert 0.29 * 100 < 29
    assert fresh_places(100, Fraction("0.29")) == 29
    assert plain_places(20, A_FIFTH) == [5, 10, 15, 20]
    assert plain_places(9, Fraction("0.5")) == [2, 4, 6, 8]
    assert plain_places(100, Fraction(0)) == []


@settings(max_examples=500)
@given(best=posts, is_fresh=st.sets(st.integers(0, 200)), share=shares, data=st.data())
def test_a_feed_follows_the_rule_and_is_the_beginning_of_a_longer_one(
    best: list[int], is_fresh: set[int], share: Fraction, data: st.DataObject
) -> None:
    fresh = [post for post in best if post in is_fresh]
    whole = mixed(best, fresh, share)
    assert whole == plain_feed(best, fresh, share)
    assert sorted(whole) == sorted(best)
    length = data.draw(st.integers(0, len(best)))
    assert mixed(best[:length], fresh[:length], share) == whole[:length]
    raised = {*whole[:length]} - {*best[:length]}
    assert raised <= is_fresh
    assert len(raised) <= length * share


def test_a_fresh_post_comes_though_others_came_by_their_scores() -> None:
    assert mixed([1, 2, 3, 4, 5], [1, 2, 9, 8], A_FIFTH) == [1, 2, 3, 4, 9]


@given(posts, posts, shares)
def test_fresh_posts_that_are_not_among_the_best_come_once_each(
    best: list[int], fresh: list[int], share: Fraction
) -> None:
    feed = mixed(best, fresh, share)
    assert len(feed) == len({*feed}) == len(best)
    assert len({*feed} - {*best}) <= len(best) * share


@given(st.sets(st.integers(0, 3_000)), st.sets(st.integers(0, 3_000)))
def test_the_first_fresh_posts_that_are_not_left_out_are_considered(
    fresh: set[int], left_out: set[int]
) -> None:
    given = (np.array(sorted(of), np.int64) for of in (fresh, left_out))
    assert candidates(*given).tolist() == sorted(fresh - left_out)[:MOST_CANDIDATES]


def test_no_more_fresh_posts_are_considered_than_are_bounded() -> None:
    every = np.arange(10_000)
    assert candidates(every, every[:0]).tolist() == [*range(512)]
    assert candidates(every, every[:600:2]).tolist() == [*range(1, 600, 2), *range(600, 812)]
    assert candidates(every, every).tolist() == []
