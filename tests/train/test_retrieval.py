"""The first stage: few candidates for exact scoring, and what full scoring would have said."""

from dataclasses import replace
from functools import cache

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts import layout
from artifacts.proofs import FirstStage
from tests.train.retrieval import (
    CATALOGUE,
    FULL,
    MONDAY,
    NOTHING,
    POSTS,
    READERS,
    ROWS,
    SCHEMA,
    SEED,
    assert_named_posts_are_scored,
    assert_same,
    graph,
)
from train.errors import RefreshError
from train.retrieval.choose import SMALL_CATALOGUE, Chosen, choose
from train.retrieval.exam import Effort
from train.retrieval.model import Retrieval
from train.retrieval.renew import renew
from train.retrieval.requests import Ranker, best, draw, ranker, strange


@cache
def chosen() -> Chosen:
    return choose(graph, ROWS, CATALOGUE, MONDAY, seed=SEED)


@cache
def two_stages() -> Ranker:
    return ranker(chosen().graph, CATALOGUE, chosen().vectors)


LITTLE = Effort(measure=100, strange=10)
"""Where it is not recall that matters: it takes seconds to measure."""


def proof(chosen: Chosen) -> FirstStage:
    assert chosen.proof is not None
    return chosen.proof


def test_few_candidates_find_nearly_all_that_full_scoring_finds() -> None:
    found = proof(chosen())
    assert found.used
    assert found.candidates * 8 <= POSTS
    assert found.requests == 1_000
    for part, least in zip(found.recall, (0.995, 0.98), strict=True):
        assert part.value >= part.least == least
        assert part.low < part.value <= part.high
    assert [part.limit for part in found.recall_of_strange_readers] == [5, 100]


def test_what_the_manifest_says_of_recall_is_so() -> None:
    requests = draw(ROWS, MONDAY, 200, np.random.default_rng(99))
    shares = [
        np.isin(truth.rows, two_stages()(reader, int(time), 5, NOTHING).rows).mean()
        for truth, reader, time in zip(
            best(FULL, requests, 5), requests.readers, requests.times, strict=True
        )
    ]
    assert np.mean(shares) == pytest.approx(proof(chosen()).recall[0].value, abs=0.01)


@settings(max_examples=60)
@given(
    reader=st.integers(0, READERS - 1),
    time=st.integers(0, 2**33),
    leave_out=st.sets(st.integers(0, POSTS - 1), max_size=300),
    k=st.integers(1, 150),
)
def test_what_is_shown_has_exact_scores_in_order_and_nothing_left_out(
    reader: int, time: int, leave_out: set[int], k: int
) -> None:
    left_out = np.array(sorted(leave_out), np.int64)
    answer = two_stages()(ROWS[reader], time, k, left_out)
    truth = FULL(ROWS[reader], time, POSTS, NOTHING)
    exact = np.empty(POSTS)
    exact[truth.rows] = truth.scores
    assert len({*answer.rows}) == k
    assert leave_out.isdisjoint(answer.rows.tolist())
    assert np.array_equal(answer.scores, exact[answer.rows])
    assert [*answer.rows] == sorted(answer.rows, key=lambda row: (-exact[row], row))


@settings(max_examples=30)
@given(st.integers(0, READERS - 1), st.sets(st.integers(0, POSTS - 1), max_size=300))
def test_a_shorter_feed_is_the_beginning_of_a_longer_one(reader: int, leave_out: set[int]) -> None:
    left_out = np.array(sorted(leave_out), np.int64)
    longest = two_stages()(ROWS[reader], MONDAY, 100, left_out).rows
    for k in (1, 2, 5, 50):
        assert np.array_equal(two_stages()(ROWS[reader], MONDAY, k, left_out).rows, longest[:k])


def test_whoever_asks_for_the_whole_catalogue_gets_it_scored() -> None:
    for k in (POSTS, POSTS + 7):
        answer, truth = (rank(ROWS[0], MONDAY, k, NOTHING) for rank in (two_stages(), FULL))
        assert_same(answer, truth)


def test_where_all_but_a_few_are_left_out_those_are_shown() -> None:
    left_out = np.arange(POSTS - 3)
    answer, truth = (rank(ROWS[0], MONDAY, 5, left_out) for rank in (two_stages(), FULL))
    assert {*answer.rows} == {*range(POSTS - 3, POSTS)}
    assert_same(answer, truth)
    nothing = two_stages()(ROWS[0], MONDAY, 5, np.arange(POSTS))
    assert len(nothing.rows) == 0


def test_named_posts_are_scored_whether_they_are_candidates_or_not() -> None:
    vectors = chosen().vectors
    assert vectors is not None
    assert_named_posts_are_scored(chosen().graph, {layout.INPUT_VECTORS: vectors})


def test_an_unknown_reader_has_a_feed_of_the_same_posts_as_by_full_scoring() -> None:
    unknown = np.full(len(SCHEMA.reader), np.nan, np.float32)
    answer, truth = (rank(unknown, MONDAY, 5, NOTHING) for rank in (two_stages(), FULL))
    assert_same(answer, truth)


def test_equal_scores_are_ordered_by_row_as_by_full_scoring() -> None:
    twice = np.concatenate((CATALOGUE, CATALOGUE))
    made = choose(graph, ROWS, twice, MONDAY, seed=SEED, effort=LITTLE)
    assert proof(made).used
    answer = ranker(made.graph, twice, made.vectors)(ROWS[0], MONDAY, 10, NOTHING)
    assert_same(answer, ranker(graph(None), twice)(ROWS[0], MONDAY, 10, NOTHING))
    assert len({*answer.scores}) < len(answer.rows)


def test_where_candidates_miss_too_much_every_post_is_scored() -> None:
    def misled(retrieval: Retrieval | None) -> onnx.ModelProto:
        return graph(retrieval and replace(retrieval, weights=0 * retrieval.weights))

    made = choose(misled, ROWS, CATALOGUE, MONDAY, seed=SEED, effort=LITTLE)
    found = proof(made)
    assert not found.used
    assert found.candidates * 16 > POSTS
    assert not all(part.passed for part in found.recall)
    assert found.sentence.startswith(f"every post is scored, for {found.candidates} candidates")
    assert made.vectors is None
    assert made.graph == graph(None)


def test_a_small_catalogue_is_scored_whole() -> None:
    few = CATALOGUE[:SMALL_CATALOGUE]
    made = choose(graph, ROWS, few, MONDAY, seed=SEED)
    assert (made.proof, made.vectors) == (None, None)
    assert made.graph == graph(None)


def test_the_same_seed_chooses_the_same() -> None:
    first, second = (
        choose(graph, ROWS, CATALOGUE, MONDAY, seed=SEED, effort=LITTLE) for _ in range(2)
    )
    assert first.graph == second.graph
    assert first.proof == second.proof
    assert first.vectors is not None
    assert second.vectors is not None
    assert np.array_equal(first.vectors, second.vectors)


def test_new_posts_are_fitted_to_the_readers_vectors_under_the_same_graph() -> None:
    new = CATALOGUE[::-1] + np.float32(0.01)
    made = renew(chosen().graph, chosen().proof, ROWS, new, MONDAY, seed=SEED)
    rank, exact = ranker(chosen().graph, new, made.vectors), ranker(graph(None), new)
    others = draw(ROWS, MONDAY, 100, np.random.default_rng(2))
    shares = [
        np.isin(truth.rows, rank(reader, int(time), 5, NOTHING).rows).mean()
        for truth, reader, time in zip(
            best(exact, others, 5), others.readers, others.times, strict=True
        )
    ]
    assert np.mean(shares) >= 0.99


def test_the_first_stage_of_an_unchanged_catalogue_is_renewed_as_it_was() -> None:
    made = renew(chosen().graph, chosen().proof, ROWS, CATALOGUE, MONDAY, seed=SEED)
    assert made.proof == chosen().proof
    first = chosen().vectors
    assert made.vectors is not None
    assert first is not None
    assert np.array_equal(made.vectors, first)


def test_a_graph_that_finds_too_little_of_a_new_catalogue_is_not_renewed() -> None:
    found = proof(chosen())
    nothing = np.zeros(found.dimensions - 1, np.float32)
    misled = graph(Retrieval(CATALOGUE[:64], np.tile(nothing, (64, 1)), nothing, 8))
    with pytest.raises(RefreshError, match=r"finds 0\.\d+ \(.*\) of the best 5, less than 0\.995"):
        renew(misled, found, ROWS, CATALOGUE, MONDAY, seed=SEED, effort=Effort(fit=100, strange=10))


def test_strange_readers_have_everybodys_features_and_are_nobody() -> None:
    requests = draw(ROWS, MONDAY, 50, np.random.default_rng(3))
    nobody = strange(requests, np.random.default_rng(4))
    assert np.array_equal(np.sort(nobody.readers, axis=0), np.sort(requests.readers, axis=0))
    known = {row.tobytes() for row in ROWS}
    assert not any(row.tobytes() in known for row in nobody.readers)
