"""The evaluation from end to end: folds of time, readers held out, baselines on the same rows."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.evaluation.catalogue import Answered, answer
from train.evaluation.course import AVAILABLE as COURSE_IS_AVAILABLE
from train.evaluation.course import course
from train.evaluation.folds import Fold, folds_of
from train.evaluation.leaks import Strongest, strongest_input
from train.evaluation.linear import logistic_regression
from train.evaluation.neighbours import item_item
from train.evaluation.releases import NOTHING, Past, Release
from train.evaluation.scorers import CHEAP_BASELINES, LENTA, Fit, Scorer, lenta
from train.evaluation.sessions import Scored
from train.evaluation.world import UNKNOWN_READER, World, make_world
from train.features.build import build_features, days_of
from train.inputs import model_inputs
from train.progress import Progress
from train.settings import RunSettings
from train.source.checks import clean_tables
from train.source.load import network_now, read_tables
from train.stages import tell_dropped, tell_scripts
from train.threads import one_for_blas
from train.warehouse import Warehouse

HISTORY = "readers with history"
STALE = "the same, by the release of the fold's first day"
PROFILE = "readers held out, known by profile"
UNKNOWN = "readers held out, unknown"
NEW_AMONG_OTHERS = "readers with history, a fifth of the posts held out"
NEW_POSTS = "posts held out, among themselves"
POPULATIONS = (HISTORY, STALE, PROFILE, UNKNOWN, NEW_AMONG_OTHERS, NEW_POSTS)

HELD_OUT_PARTS = 5
"""A fifth of the readers, or of the posts, is held out of a fold, another fifth of the next."""

BASELINES: dict[str, Fit] = CHEAP_BASELINES | {
    "logistic regression": logistic_regression,
    "item-item": item_item,
}
if COURSE_IS_AVAILABLE:
    BASELINES["CatBoost, the course's way"] = course


@dataclass
class Evaluated:
    """What was measured.

    Attributes:
        folds: the windows.
        world: all that is known in the end; for the profiles and the topics.
        scored: of each population, its windows.
        answered: requests to the whole catalogue.
        strongest: of each fold, the input that by itself tells most.
    """

    folds: list[Fold]
    world: World
    scored: dict[str, list[Scored]] = field(default_factory=lambda: {p: [] for p in POPULATIONS})
    answered: list[Answered] = field(default_factory=list)
    strongest: list[Strongest] = field(default_factory=list)


def evaluate(
    settings: RunSettings, folds: int, progress: Progress, more: Mapping[str, Fit] | None = None
) -> Evaluated:
    """Measure the ranking on every fold.

    Args:
        settings: of a run; its store is not touched.
        folds: how many.
        progress: told the stages.
        more: scorers to measure besides.

    Raises:
        TrainError: the source cannot be trained from, or not on so many folds.
    """
    with ExitStack() as stack, one_for_blas():
        folder = settings.work or Path(stack.enter_context(tempfile.TemporaryDirectory("-lenta")))
        warehouse = Warehouse(folder, settings.memory, timed=tell_scripts(progress))
        stack.callback(warehouse.close)
        with progress.stage("reading and checking the tables"):
            read_tables(warehouse, settings, progress)
            dropped = clean_tables(
                warehouse, settings.names, settings.timezone, network_now(settings.timezone)
            )
        tell_dropped(progress, dropped)
        first, last = days_of(warehouse)
        windows = folds_of(first + timedelta(days=1), last, folds, settings.test_from)
        with progress.stage("making features as of every day"):
            past = Past(warehouse, settings.most_pairs, settings.seed)
            features = build_features(warehouse, settings.most_pairs, settings.seed)
            found = Evaluated(windows, make_world(warehouse, features))
        fits = BASELINES | dict(more or {})
        readers, posts = (_parts(found.world, key, settings.seed) for key in ("user_id", "post_id"))
        for fold in windows:
            name = f"fold {fold.number + 1} of {len(windows)}, {fold.split.test_from} on"
            with progress.stage(f"{name}: readers with history"):
                _with_history(found, fold, fits, settings.seed)
            with progress.stage(f"{name}: features without the readers held out"):
                held_out = readers[fold.number % HELD_OUT_PARTS]
                release = past.release(fold.split.test_from, held_out)
            with progress.stage(f"{name}: readers held out, whole catalogue"):
                _with_release(found, fold, release, held_out, fits=fits, seed=settings.seed)
            with progress.stage(f"{name}: posts held out"):
                held_out = posts[fold.number % HELD_OUT_PARTS]
                release = past.release(fold.split.test_from, NOTHING, held_out)
                _with_new_posts(found, fold, release, held_out, fits=fits, seed=settings.seed)
    return found


def _parts(world: World, key: str, seed: int) -> list[npt.NDArray[np.int64]]:
    """The readers who were shown something, or the posts that were shown, in fifths."""
    ids = np.unique(world.features.pairs[key])
    order = np.random.default_rng(seed).permutation(ids)
    return np.array_split(order, HELD_OUT_PARTS)


def _with_history(found: Evaluated, fold: Fold, fits: dict[str, Fit], seed: int) -> None:
    shown = found.world.features.select(_in_window(found.world, fold))
    scorers = _fit(fits, found.world, fold, seed)
    scores = {name: scorer(shown) for name, scorer in scorers.items()}
    found.scored[HISTORY].append(Scored(shown, scores, fold.number))
    inputs = model_inputs(shown)
    found.strongest.append(strongest_input(inputs, shown.pairs["liked"], shown.schema.model))


def _with_release(
    found: Evaluated,
    fold: Fold,
    release: Release,
    held_out: npt.NDArray[np.int64],
    *,
    fits: dict[str, Fit],
    seed: int,
) -> None:
    window = _in_window(found.world, fold)
    is_held_out = np.isin(found.world.features.pairs["user_id"], held_out)
    scorers = _fit(fits, release.world, fold, seed)
    for population, chosen, is_known in (
        (STALE, window & ~is_held_out, True),
        (PROFILE, window & is_held_out, True),
        (UNKNOWN, window & is_held_out, False),
    ):
        pairs = found.world.features.select(chosen).pairs
        nobody = np.full(len(pairs["user_id"]), UNKNOWN_READER)
        seen = release.rows_for(pairs if is_known else {**pairs, "user_id": nobody})
        scores = {name: scorer(seen) for name, scorer in scorers.items()}
        found.scored[population].append(Scored(release.rows_for(pairs), scores, fold.number))
    with_history = found.world.features.select(window & ~is_held_out).pairs
    found.answered.append(answer(release, with_history, scorers, seed + fold.number))


def _with_new_posts(
    found: Evaluated,
    fold: Fold,
    release: Release,
    held_out: npt.NDArray[np.int64],
    *,
    fits: dict[str, Fit],
    seed: int,
) -> None:
    shown = found.world.features.select(_in_window(found.world, fold)).pairs
    seen = release.rows_for(shown)
    scores = {name: scorer(seen) for name, scorer in _fit(fits, release.world, fold, seed).items()}
    found.scored[NEW_AMONG_OTHERS].append(Scored(seen, scores, fold.number))
    new = np.isin(shown["post_id"], held_out)
    of_new = {name: values[new] for name, values in scores.items()}
    found.scored[NEW_POSTS].append(Scored(seen.select(new), of_new, fold.number))


def _fit(fits: dict[str, Fit], world: World, fold: Fold, seed: int) -> dict[str, Scorer]:
    return {name: fit(world, fold.split, seed) for name, fit in ({LENTA: lenta} | fits).items()}


def _in_window(world: World, fold: Fold) -> npt.NDArray[np.bool_]:
    day = world.features.pairs["day"].astype("datetime64[D]")
    first, last = np.datetime64(fold.split.test_from), np.datetime64(fold.split.last)
    chosen: npt.NDArray[np.bool_] = (day >= first) & (day <= last)
    return chosen
