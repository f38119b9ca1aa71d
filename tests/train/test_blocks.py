"""A first stage that looks into a few blocks of posts instead of at all posts."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts.blocks import first_stage_inputs
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
from train.retrieval.blocks import (
    LARGE_CATALOGUE,
    count_of,
    fit_blocks,
    most_blocks,
    numbers_of_probed,
)
from train.retrieval.choose import Chosen, choose
from train.retrieval.exam import Effort
from train.retrieval.fit import fit_retrieval, fit_vectors
from train.retrieval.model import Retrieval
from train.retrieval.renew import renew
from train.retrieval.requests import Ranker, best, draw, ranker, reader_vectors

Rows = npt.NDArray[np.int64]
CANDIDATES = 128
MANY = 8_197
LITTLE = Effort(fit=100, measure=100, strange=10)


@dataclass(frozen=True)
class Fitted:
    """A first stage, and the vectors of readers and posts."""

    retrieval: Retrieval
    readers: npt.NDArray[np.float64]
    vectors: npt.NDArray[np.float32]


@cache
def fitted() -> Fitted:
    scores = np.empty((100, POSTS), np.float32)
    requests = draw(ROWS, MONDAY, len(scores), np.random.default_rng(SEED))
    for row, answer in zip(scores, best(FULL, requests, POSTS), strict=True):
        row[answer.rows] = answer.scores
    [found] = fit_retrieval(scores, CATALOGUE, [8], CANDIDATES)
    readers = reader_vectors(graph(found), requests)
    return Fitted(found, readers, fit_vectors(readers, scores))


@cache
def looking_into(probed: int) -> Ranker:
    """The ranker that looks into so many of 16 blocks; 0 for one that looks at all posts."""
    blocks = fit_blocks(fitted().vectors, fitted().readers, most_blocks(POSTS)) if probed else None
    assert blocks is None or count_of(blocks) == 16
    made = graph(replace(fitted().retrieval, probed=probed))
    return ranker(made, CATALOGUE, fitted().vectors, blocks)


@cache
def many_posts() -> npt.NDArray[np.float32]:
    """Posts that differ in two ways only, so that blocks tell them apart."""
    generator = np.random.default_rng(1)
    ways = generator.normal(size=(2, len(SCHEMA.post)))
    made = generator.normal(size=(MANY, 2)) @ ways / 2**0.5
    made[:, 0] = generator.integers(0, 3, MANY)
    return made.astype(np.float32)


@cache
def chosen() -> Chosen:
    return choose(graph, ROWS, many_posts(), MONDAY, seed=SEED, effort=LITTLE, large=MANY)


def some_posts(count: int, seed: int) -> Rows:
    return np.random.default_rng(seed).choice(POSTS, count, replace=False)


FEEDS = {
    "reader": st.integers(0, READERS - 1),
    "left_out": st.builds(
        some_posts, st.integers(0, 300) | st.integers(0, POSTS), st.integers(0, 99)
    ),
    "probed": st.sampled_from([1, 2, 4, 16]),
}


@given(st.integers(1, 1_500), st.integers(1, 5), st.sampled_from([0, 1]))
def test_every_post_has_a_block_and_the_blocks_are_equal(
    count: int, numbers: int, spread: int
) -> None:
    vectors = np.random.default_rng(count).normal(0, spread, (numbers, count)).astype(np.float32)
    blocks = fit_blocks(vectors, np.ones((1, numbers)), most_blocks(count))
    sizes = np.bincount(blocks)
    assert blocks.dtype == np.int32
    assert len(blocks) == count
    assert sizes.max() - sizes.min() <= 1
    assert count < 256 or 128 <= sizes.min() <= sizes.max() <= 256


def test_posts_of_a_block_are_alike_in_what_readers_heed() -> None:
    vectors = np.random.default_rng(1).normal(size=(2, 1_024)).astype(np.float32)
    for heeded in (0, 1):
        blocks = fit_blocks(vectors, np.where(np.arange(2) == heeded, [[100.0]], 1.0), 8)
        spread = [vectors[:, blocks == block].std(axis=1) for block in range(8)]
        assert np.mean(spread, axis=0)[heeded] < 0.3 < np.mean(spread, axis=0)[1 - heeded]


@settings(max_examples=60)  # the first example fits the model
@given(k=st.integers(1, 150), **FEEDS)
def test_what_is_shown_has_exact_scores_in_order_each_post_once_and_nothing_left_out(
    reader: int, left_out: Rows, k: int, probed: int
) -> None:
    answer = looking_into(probed)(ROWS[reader], MONDAY, k, left_out)
    truth = FULL(ROWS[reader], MONDAY, POSTS, NOTHING)
    exact = np.empty(POSTS)
    exact[truth.rows] = truth.scores
    assert len({*answer.rows}) == len(answer.rows) == min(k, POSTS - len(left_out))
    assert not np.isin(left_out, answer.rows).any()
    assert np.array_equal(answer.scores, exact[answer.rows])
    assert [*answer.rows] == sorted(answer.rows, key=lambda row: (-exact[row], row))


@settings(max_examples=30)
@given(**FEEDS)
def test_a_shorter_feed_is_the_beginning_of_a_longer_one(
    reader: int, left_out: Rows, probed: int
) -> None:
    longest = looking_into(probed)(ROWS[reader], MONDAY, 100, left_out).rows
    for k in (1, 2, 5, 50):
        shorter = looking_into(probed)(ROWS[reader], MONDAY, k, left_out).rows
        assert np.array_equal(shorter, longest[:k])


@settings(max_examples=30)
@given(FEEDS["reader"], FEEDS["left_out"])
def test_looking_into_all_blocks_finds_what_looking_at_all_posts_does(
    reader: int, left_out: Rows
) -> None:
    assert_same(
        looking_into(16)(ROWS[reader], MONDAY, 20, left_out),
        looking_into(0)(ROWS[reader], MONDAY, 20, left_out),
    )


@pytest.mark.parametrize("k", [POSTS, POSTS + 7])
def test_whoever_asks_for_the_whole_catalogue_gets_it_scored(k: int) -> None:
    assert POSTS % 16, "there are blocks that are not full"
    assert_same(looking_into(1)(ROWS[0], MONDAY, k, NOTHING), FULL(ROWS[0], MONDAY, k, NOTHING))


def test_named_posts_are_scored_whatever_block_they_are_in() -> None:
    blocks = fit_blocks(fitted().vectors, fitted().readers, most_blocks(POSTS))
    assert_named_posts_are_scored(
        graph(replace(fitted().retrieval, probed=2)),
        first_stage_inputs(fitted().vectors.T, blocks),
    )


def test_in_a_large_catalogue_few_blocks_hold_nearly_all_that_full_scoring_finds() -> None:
    made, found = chosen(), chosen().proof
    assert found is not None
    assert made.blocks is not None
    assert found.blocks == count_of(made.blocks) == 64
    assert 1 <= found.probed * 4 <= found.blocks
    assert all(part.passed for part in found.recall)
    assert f"out of {found.probed} of 64 blocks" in found.sentence
    rank = ranker(made.graph, many_posts(), made.vectors, made.blocks)
    requests = draw(ROWS, MONDAY, 100, np.random.default_rng(99))
    shares = [
        np.isin(truth.rows, rank(reader, int(time), 100, NOTHING).rows).mean()
        for truth, reader, time in zip(
            best(ranker(graph(None), many_posts()), requests, 100),
            requests.readers, requests.times, strict=True,
        )
    ]  # fmt: skip
    assert np.mean(shares) == pytest.approx(found.recall[1].value, abs=0.01)


def test_the_blocks_of_an_unchanged_catalogue_are_renewed_as_they_were() -> None:
    made = renew(
        chosen().graph, chosen().proof, ROWS, many_posts(), MONDAY, seed=SEED, effort=LITTLE
    )
    assert made.proof == chosen().proof
    first = chosen().blocks
    assert made.blocks is not None
    assert first is not None
    assert np.array_equal(made.blocks, first)


def test_where_blocks_hold_too_little_by_now_they_are_made_larger() -> None:
    tried: list[Retrieval | None] = []

    def remembered(retrieval: Retrieval | None) -> onnx.ModelProto:
        tried.append(retrieval)
        return graph(retrieval)

    before = choose(remembered, ROWS, CATALOGUE, MONDAY, seed=SEED, effort=LITTLE).proof
    assert before is not None
    assert tried[-1] is not None
    looks_into_one = graph(replace(tried[-1], probed=1))
    told = before.model_copy(update={"blocks": 16, "probed": 1})
    made = renew(looks_into_one, told, ROWS, CATALOGUE, MONDAY, seed=SEED, effort=LITTLE)
    assert made.proof is not None
    assert made.blocks is not None
    assert all(part.passed for part in made.proof.recall)
    assert 1 <= made.proof.blocks == count_of(made.blocks) < 16


def test_where_few_blocks_find_less_all_posts_are_looked_at() -> None:
    made = choose(graph, ROWS, CATALOGUE, MONDAY, seed=SEED, effort=LITTLE, large=POSTS)
    assert made.proof is not None
    assert made.proof.used
    assert (made.proof.blocks, made.proof.probed, made.blocks) == (0, 0, None)
    assert "block" not in made.proof.sentence


def test_a_catalogue_is_large_only_from_some_size_on() -> None:
    below = choose(graph, ROWS, many_posts(), MONDAY, seed=SEED, effort=LITTLE, large=MANY + 1)
    assert MANY < LARGE_CATALOGUE
    assert below.blocks is None


def test_the_same_seed_makes_the_same_blocks() -> None:
    again = choose(graph, ROWS, many_posts(), MONDAY, seed=SEED, effort=LITTLE, large=MANY)
    first = chosen()
    assert again.graph == first.graph
    assert again.blocks is not None
    assert first.blocks is not None
    assert np.array_equal(again.blocks, first.blocks)


@pytest.mark.parametrize(
    ("blocks", "candidates", "probed"),
    [(64, 100, [1, 2, 4, 8, 16]), (64, 101, [2, 4, 8, 16]), (64, 1_700, []), (2, 100, [])],
)
def test_so_many_blocks_are_tried_as_hold_enough_and_save_much(
    blocks: int, candidates: int, probed: list[int]
) -> None:
    of_hundred = np.arange(blocks * 100, dtype=np.int32) % blocks
    assert numbers_of_probed(of_hundred, candidates) == probed
