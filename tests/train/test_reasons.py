"""Why a post is recommended: what its score would be, were one thing about it different."""

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts import layout
from tests.train.network import NOON, POSTS, READERS, SCHEMA, Floats, network
from train.export.graph import inputs_graph, ranker_graph
from train.export.session import session
from train.features.schema import BANDS

ROWS, CATALOGUE, UNKNOWN = network()
# An age band is one of eight, and ages of posts are whole days.
ROWS[:, -len(BANDS) :] = np.eye(len(BANDS))[np.arange(READERS) % len(BANDS)]
CATALOGUE[:, SCHEMA.post.index("post_age")] = np.arange(POSTS) % 20
TYPICAL = np.median(CATALOGUE, axis=0)
INPUTS = session(inputs_graph(SCHEMA, UNKNOWN))

MODEL = {name: place for place, name in enumerate(SCHEMA.model)}
POST = {name: place for place, name in enumerate(SCHEMA.post)}


def trees_see(reader: Floats, posts: Floats) -> Floats:
    found: Floats = INPUTS.run(
        ["inputs"],
        {
            layout.INPUT_READER: np.repeat(reader[np.newaxis], len(posts), axis=0),
            layout.INPUT_POSTS: posts,
            layout.INPUT_TIME: np.full(len(posts), NOON),
        },
    )[0]
    return found


def booster() -> lgb.Booster:
    """Trained on likes that follow all that may be a reason."""
    inputs = np.concatenate([trees_see(reader, CATALOGUE) for reader in ROWS])
    telling = [
        MODEL[name]
        for name in ("topic_lift", "text_affinity", "peers_like_rate", "post_like_rate", "post_age")
    ]
    told = inputs[:, telling]
    drawn = (told - told.mean(axis=0)) / told.std(axis=0) @ np.array([1, 1, 1, 1, -1])
    liked = drawn > np.random.default_rng(0).normal(size=len(inputs))
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    return lgb.train(parameters, lgb.Dataset(inputs, liked), 40)


BOOSTER = booster()
RANKER = session(ranker_graph(SCHEMA, UNKNOWN, TYPICAL, BOOSTER))

some_posts = st.lists(st.integers(0, POSTS - 1), min_size=1, unique=True)
readers = st.integers(0, READERS - 1)


def ask(
    reader: Floats, candidates: list[int], **more: npt.NDArray[np.bool_]
) -> tuple[list[int], list[float], npt.NDArray[np.float64]]:
    rows, scores, without = RANKER.run(
        [*layout.RANKER_OUTPUTS, layout.OUTPUT_WITHOUT],
        {
            layout.INPUT_READER: reader[np.newaxis],
            layout.INPUT_POSTS: CATALOGUE,
            layout.INPUT_TIME: np.array([NOON]),
            layout.INPUT_CANDIDATES: np.array(candidates, np.int64),
            layout.INPUT_LEAVE_OUT: np.empty(0, np.int64),
            layout.INPUT_K: np.array([POSTS]),
            **more,
        },
    )
    return rows.tolist(), scores.tolist(), without


def without_each(reader: Floats, posts: Floats) -> dict[str, tuple[npt.NDArray[np.bool_], Floats]]:
    """For each reason, of which posts it holds, and what the trees would see of all without it."""
    seen = trees_see(reader, posts)

    def changed(**values: npt.ArrayLike) -> Floats:
        copy: Floats = seen.copy()
        for name, value in values.items():
            copy[:, MODEL[name]] = value
        return copy

    def typical(name: str) -> np.float32:
        return np.float32(TYPICAL[POST[name]])

    early, likes = (posts[:, POST[f"{name}_of_everyone"]] for name in ("early", "likes"))
    peers_early, peers_likes = (
        seen[:, MODEL[name]] for name in ("peers_early_share", "peers_like_rate")
    )
    return {
        "topic": (
            seen[:, MODEL["topic_lift"]] > 1,
            changed(topic_lift=1, topic_like_rate=seen[:, MODEL["reader_like_rate"]]),
        ),
        "text": (seen[:, MODEL["text_affinity"]] > 0, changed(text_affinity=0)),
        "peers": (
            peers_likes > likes,
            changed(peers_early_share=early, peers_like_rate=likes),
        ),
        "popular": (
            posts[:, POST["post_like_rate"]] > typical("post_like_rate"),
            changed(
                post_like_rate=typical("post_like_rate"),
                peers_early_share=peers_early - early + typical("early_of_everyone"),
                peers_like_rate=peers_likes - likes + typical("likes_of_everyone"),
            ),
        ),
        "new": (posts[:, POST["post_age"]] <= 7, changed(post_age=typical("post_age"))),
    }


@settings(max_examples=60)
@given(readers, some_posts)
def test_scores_without_a_reason_are_exactly_what_lightgbm_makes_of_such_a_post(
    reader: int, candidates: list[int]
) -> None:
    _, _, without = ask(ROWS[reader], candidates, explain=np.array([True]))
    found = without.reshape(len(layout.REASONS), len(candidates))
    scores = np.zeros(POSTS)
    rows, of_rows, _ = ask(ROWS[reader], candidates)
    scores[rows] = of_rows
    expected = without_each(ROWS[reader], CATALOGUE[candidates])
    assert tuple(expected) == layout.REASONS
    for row, (holds, inputs) in zip(found, expected.values(), strict=True):
        changed = np.asarray(BOOSTER.predict(inputs, raw_score=True))
        assert np.array_equal(row, np.where(holds, changed, scores[candidates]))


def test_every_reason_holds_for_some_posts_and_changes_some_scores() -> None:
    every = [*range(POSTS)]
    for reason in range(len(layout.REASONS)):
        changed = same = 0
        for reader in ROWS:
            rows, scores, without = ask(reader, every, explain=np.array([True]))
            score = np.zeros(POSTS)
            score[rows] = scores
            is_same = without.reshape(-1, POSTS)[reason] == score
            changed, same = changed + (~is_same).sum(), same + is_same.sum()
        assert changed > 0, layout.REASONS[reason]
        assert same > 0, layout.REASONS[reason]


@settings(max_examples=30)
@given(readers, some_posts)
def test_asking_for_reasons_changes_nothing_else(reader: int, candidates: list[int]) -> None:
    plain = ask(ROWS[reader], candidates)
    refused = ask(ROWS[reader], candidates, explain=np.array([False]))
    explained = ask(ROWS[reader], candidates, explain=np.array([True]))
    assert plain[:2] == refused[:2] == explained[:2]
    assert plain[2].shape == refused[2].shape == (0,)


def test_a_reader_of_unknown_age_has_no_peers() -> None:
    unknown = np.full(len(SCHEMA.reader), np.nan, np.float32)
    unknown[-len(BANDS) :] = np.eye(len(BANDS))[-1]
    rows, scores, without = ask(unknown, [*range(POSTS)], explain=np.array([True]))
    peers = without.reshape(-1, POSTS)[layout.REASONS.index(layout.REASON_PEERS)]
    assert peers[rows].tolist() == scores


def test_where_nothing_may_be_shown_nothing_is_explained() -> None:
    rows, scores, without = RANKER.run(
        [*layout.RANKER_OUTPUTS, layout.OUTPUT_WITHOUT],
        {
            layout.INPUT_READER: ROWS[:1],
            layout.INPUT_POSTS: CATALOGUE,
            layout.INPUT_TIME: np.array([NOON]),
            layout.INPUT_CANDIDATES: np.array([3, 4]),
            layout.INPUT_LEAVE_OUT: np.array([3, 4]),
            layout.INPUT_K: np.array([5]),
            layout.INPUT_EXPLAIN: np.array([True]),
        },
    )
    assert len(rows) == len(scores) == len(without) == 0
