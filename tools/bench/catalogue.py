"""One request as the catalogue grows: ours, and what else one might do.

Each way is given what it needs, ready made: what is timed is finding the best five for one reader.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import lightgbm as lgb
import lleaves
import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import pandas as pd
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

from artifacts import layout
from artifacts.proofs import FirstStage
from tools.bench.course import Course
from tools.bench.subject import EVENING, network
from tools.bench.table import FOLDER, Measured
from train.export.graph import inputs_graph, ranker_graph
from train.export.session import session
from train.features.build import build_features
from train.features.rows import rows_to_serve
from train.fit import parameters_for
from train.inputs import model_inputs
from train.progress import Silent
from train.retrieval.choose import choose
from train.retrieval.exam import Effort
from train.retrieval.requests import ranker
from train.settings import RunSettings
from train.source.checks import clean_tables
from train.source.read import read_source
from train.warehouse import Warehouse

Floats = npt.NDArray[np.float32]
Way = Callable[[int], object]
"""Finds the best five posts for the reader of that number."""

TREES, LEAVES = 300, 31
EFFORTS = {7_023: Effort(), 100_000: Effort(128, 100, 10), 1_000_000: Effort(64, 12, 4)}
"""The catalogues, and how much is done to fit and to prove the first stage: it takes minutes."""
_BEST = 5
_MOST_ROUNDS, _LEAST_ROUNDS, _SECONDS = 101, 3, 10.0
_NOTHING = np.empty(0, np.int64)


class Subject:
    """Readers, posts, and a model larger than a run makes: 300 trees of 31 leaves."""

    def __init__(self) -> None:
        settings = RunSettings(source=str(network()), store="")
        with TemporaryDirectory() as folder:
            warehouse = Warehouse(Path(folder), settings.memory)
            read_source(warehouse, settings.source, settings.names, "UTC", Silent().rows)
            clean_tables(warehouse, settings.names, "UTC", datetime.now(UTC).replace(tzinfo=None))
            features = build_features(warehouse, settings.most_pairs, settings.seed)
            self.readers = rows_to_serve(warehouse, "reader", features.schema).features
            self.posts = rows_to_serve(warehouse, "post", features.schema).features
            warehouse.close()
        self.schema = features.schema
        self.unknown = features.unknown_reader
        inputs = model_inputs(features)
        liked = features.pairs["liked"]
        parameters = parameters_for(self.schema.model, seed=1, rows=len(liked))
        self.booster = lgb.train(
            parameters | {"num_leaves": LEAVES, "min_data_in_leaf": 20},
            lgb.Dataset(inputs, liked, feature_name=list(self.schema.model)),
            TREES,
        )

    @cached_property
    def course(self) -> Course:
        """The way of the course, which takes a while to train."""
        return Course(network(), TREES)

    def catalogue(self, size: int) -> Floats:
        """float32 [size, P]: the network's posts, then others like them."""
        generator = np.random.default_rng(size)
        drawn = self.posts[generator.integers(len(self.posts), size=size)]
        spread = self.posts.std(axis=0) * np.float32(0.1)
        spread[self.schema.post.index("topic")] = 0
        made = drawn + generator.normal(size=drawn.shape).astype(np.float32) * spread
        made[: len(self.posts)] = self.posts[:size]
        return np.ascontiguousarray(made, np.float32)

    def inputs(self, reader: int, posts: Floats) -> Floats:
        """float32 [N, F]: what the trees see of one reader and all posts."""
        count = len(posts)
        found: Floats = session(inputs_graph(self.schema, self.unknown)).run(
            ["inputs"],
            {
                layout.INPUT_READER: np.repeat(self.readers[reader][np.newaxis], count, axis=0),
                layout.INPUT_POSTS: posts,
                layout.INPUT_TIME: np.full(count, EVENING),
            },
        )[0]
        return found


def measure() -> Measured:
    """Milliseconds of each way at each size, in turn; memory permitting, all on one thread."""
    subject = Subject()
    rows: list[tuple[str | float, ...]] = []
    for size, effort in EFFORTS.items():
        posts = subject.catalogue(size)
        ways, proof = _ways(subject, posts, effort)
        taken = _in_turn(ways)
        base = statistics.median(taken["Lenta"])
        for way, times in taken.items():
            middle = statistics.median(times)
            rows.append((f"{size:,}", way, middle, max(times), middle / base, len(times)))
        rows += [
            (f"{size:,}", f"recall@{part.limit}", part.value, part.low, "", proof.requests)
            for part in proof.recall
        ]
    return Measured(
        "catalogue",
        f"The best {_BEST} posts for a reader, ms, one thread, {TREES} trees of {LEAVES} leaves",
        ("posts", "way", "median", "longest", "times Lenta's", "rounds"),
        tuple(rows),
    )


def _ways(subject: Subject, posts: Floats, effort: Effort) -> tuple[dict[str, Way], FirstStage]:
    booster, readers = subject.booster, subject.readers
    typical = np.median(posts, axis=0)
    chosen = choose(
        lambda stage: ranker_graph(subject.schema, subject.unknown, typical, booster, stage),
        readers, posts, EVENING, seed=1, effort=effort,
    )  # fmt: skip
    if chosen.proof is None:
        raise SystemExit("the catalogue is too small for a first stage")
    ort.set_default_logger_severity(3)  # onnxmltools' graph gives another shape than it declares
    ours = ranker(chosen.graph, posts, chosen.vectors, chosen.blocks)
    full = ranker(ranker_graph(subject.schema, subject.unknown, typical, booster), posts)
    inputs = subject.inputs(0, posts)
    width = inputs.shape[1]
    converted = session(
        convert_lightgbm(
            booster, initial_types=[("inputs", FloatTensorType([None, width]))], zipmap=False
        )
    )
    model = FOLDER / "lleaves.txt"
    booster.save_model(str(model))
    compiled = lleaves.Model(str(model))
    compiled.compile(cache=str(FOLDER / "lleaves.o"))
    frame = subject.course.catalogue(len(posts))
    users = subject.course.users.index
    ways: dict[str, Way] = {
        "Lenta": lambda reader: ours(readers[reader], EVENING, _BEST, _NOTHING),
        "Lenta, every post scored": lambda reader: full(readers[reader], EVENING, _BEST, _NOTHING),
        "LightGBM's predict": lambda _: _best(np.asarray(booster.predict(inputs, num_threads=1))),
        "onnxmltools' model": lambda _: _best(converted.run(None, {"inputs": inputs})[1][:, 1]),
        "lleaves": lambda _: _best(compiled.predict(inputs, n_jobs=1)),
        "pandas, CatBoost": lambda reader: subject.course.recommend(
            frame, users[reader], pd.Timestamp(EVENING, unit="s"), _BEST
        ),
    }
    return ways, chosen.proof


def _best(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    best = np.argpartition(-scores, _BEST)[:_BEST]
    return best[np.argsort(-scores[best])]


def _in_turn(ways: dict[str, Way]) -> dict[str, list[float]]:
    """Rounds of all ways; one that has used up its seconds sits out the rest."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for ask in ways.values():
        ask(0)
    for number in range(_MOST_ROUNDS):
        for way, ask in ways.items():
            if number >= _LEAST_ROUNDS and sum(taken[way]) > _SECONDS * 1000:
                continue
            began = time.perf_counter()
            ask(number)
            taken[way].append((time.perf_counter() - began) * 1000)
    return taken
