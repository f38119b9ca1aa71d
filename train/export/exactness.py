"""Exact, or not published: the graph must give LightGBM's own scores, bit for bit."""

from collections.abc import Iterator

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from artifacts import layout
from artifacts.proofs import Exactness
from train.export.graph import inputs_graph, trees_graph
from train.export.session import session
from train.export.trees import thresholds
from train.features.rows import Features
from train.retrieval.requests import Ranker

REAL_ROWS = 500_000
"""How many (reader, time, post) rows of the network are compared at least, if there are so many."""

_ROWS_AT_ONCE = 50_000

_NOTHING = np.empty(0, np.int64)

_BACKGROUNDS = 16
"""Real rows around which every threshold is tried."""


def compare(
    rank: Ranker,
    booster: lgb.Booster,
    features: Features,
    posts: npt.NDArray[np.float32],
) -> Exactness:
    """Compare the graph that will be published with the booster.

    The feeds of real readers, at the times of the latest impressions, are compared over the whole
    catalogue, order and scores, and that of the unknown reader; then the trees alone, on rows
    placed on every threshold, one float32 step below and above it, and on NaN and infinity.

    Args:
        rank: the graph as it will be published, over `posts`. Asked for the whole catalogue, it
            scores the whole catalogue, first stage or not.
        booster: what it must equal.
        features: the impressions and their readers.
        posts: float32 [N, P], the catalogue as it will be published.
    """
    latest = np.argsort(features.pairs["time"], kind="stable")[::-1]
    latest = latest[: max(1, -(-REAL_ROWS // len(posts)))]
    unknown = np.full((1, features.readers.shape[1]), np.nan, np.float32)
    readers = np.concatenate((unknown, features.readers[features.pairs["reader_row"][latest]]))
    times = features.pairs["time"][latest]
    times = np.concatenate((times[:1], times))
    inputs = session(inputs_graph(features.schema, features.unknown_reader))
    differing = 0
    backgrounds: list[npt.NDArray[np.float32]] = []
    at_once = max(1, _ROWS_AT_ONCE // len(posts))
    for first in range(0, len(readers), at_once):
        here = slice(first, first + at_once)
        rows = _inputs(inputs, readers[here], times[here], posts)
        expected = np.asarray(booster.predict(rows, raw_score=True)).reshape(-1, len(posts))
        for reader, time, margins in zip(readers[here], times[here], expected, strict=True):
            feed = rank(reader, int(time), len(posts), _NOTHING)
            order = np.argsort(-margins, kind="stable")
            differing += int((feed.rows != order).sum() + (feed.scores != margins[order]).sum())
        backgrounds.append(rows[:: max(1, len(rows) // _BACKGROUNDS)])
    on_thresholds, wrong_there = _compare_on_thresholds(booster, np.concatenate(backgrounds))
    return Exactness(
        rows=len(readers) * len(posts),
        differing=differing,
        threshold_rows=on_thresholds,
        threshold_differing=wrong_there,
        passed=differing == 0 and wrong_there == 0,
    )


def _inputs(
    graph: ort.InferenceSession,
    readers: npt.NDArray[np.float32],
    times: npt.NDArray[np.int64],
    posts: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    # As in training: a row of the reader for each post, not one row for all of them.
    made: npt.NDArray[np.float32] = graph.run(
        ["inputs"],
        {
            layout.INPUT_READER: np.repeat(readers, len(posts), axis=0),
            layout.INPUT_POSTS: np.tile(posts, (len(readers), 1)),
            layout.INPUT_TIME: np.repeat(times, len(posts)),
        },
    )[0]
    return made


def _compare_on_thresholds(
    booster: lgb.Booster, backgrounds: npt.NDArray[np.float32]
) -> tuple[int, int]:
    run = session(trees_graph(booster))
    chosen = backgrounds[np.linspace(0, len(backgrounds) - 1, _BACKGROUNDS).astype(int)]
    rows = differing = 0
    for block in _threshold_rows(booster, chosen):
        margins = run.run(["margins"], {"inputs": block})[0][:, 0]
        differing += int((margins != booster.predict(block, raw_score=True)).sum())
        rows += len(block)
    return rows, differing


def _threshold_rows(
    booster: lgb.Booster, backgrounds: npt.NDArray[np.float32]
) -> Iterator[npt.NDArray[np.float32]]:
    for feature, values in thresholds(booster).items():
        on = np.array(values).astype(np.float32)
        tried = np.concatenate(
            (
                on,
                np.nextafter(on, np.float32(-np.inf)),
                np.nextafter(on, np.float32(np.inf)),
                np.array([np.nan, -np.inf, np.inf, 0.0, -0.0], np.float32),
            )
        )
        rows = np.repeat(backgrounds, len(tried), axis=0)
        rows[:, feature] = np.tile(tried, len(backgrounds))
        yield rows
