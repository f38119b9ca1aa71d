"""What a report tells: found in what a run has made, before its release is published."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from artifacts.manifest import Manifest, ManifestDraft
from artifacts.release import manifests
from artifacts.stores import ObjectStore
from train.evaluation.calibration import Calibration, calibrate
from train.evaluation.measure import Measured
from train.evaluation.ranking import Table
from train.evaluation.scorers import LENTA
from train.evaluation.slices import Slice, slices
from train.evaluation.world import World
from train.features.rows import FeatureRows, Features
from train.inputs import model_inputs
from train.learn import Learned
from train.report.dependence import Dependence, Importance, dependence, importance
from train.report.drift import Rows
from train.report.feeds import Feed, NewRelease, sample_feeds
from train.report.parent import Drifted, drift_from

LATEST_RELEASES = 5
CURVES = 6
SAMPLED_ROWS = 2_000
"""Impressions that the curves are taken on."""


@dataclass(frozen=True)
class Made:
    """What a run has when its release is about to be published.

    Attributes:
        draft: of the manifest.
        world: what is known of all days.
        learned: the models.
        measured: the test days.
        served: what the release will answer with.
    """

    draft: ManifestDraft
    world: World
    learned: Learned
    measured: Measured
    served: NewRelease


@dataclass(frozen=True)
class Findings:
    """What a report tells.

    Attributes:
        draft: of the manifest.
        table: of the test days.
        calibration: of the measured model, on them.
        importance: of the inputs of the model to publish, the most important first.
        curves: its partial dependence on the first of them.
        slices: of the test days.
        drift: from the parent.
        before: manifests of the latest releases, newest first.
        feeds: of a few readers.
    """

    draft: ManifestDraft
    table: Table
    calibration: Calibration
    importance: list[Importance]
    curves: list[Dependence]
    slices: list[Slice]
    drift: Drifted
    before: tuple[Manifest, ...]
    feeds: list[Feed]


def look_into(made: Made, store: ObjectStore, seed: int) -> Findings:
    """Find all that a report tells; the same run and store give the same.

    Args:
        made: what the run has.
        store: has the releases before.
        seed: of what is drawn.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    features, sessions = made.world.features, made.measured.sessions
    ranked = importance(made.learned.booster)
    first = [found.name for found in ranked[:CURVES]]
    return Findings(
        draft=made.draft,
        table=made.measured.table,
        calibration=calibrate(sessions.scores[LENTA], sessions.slates.liked),
        importance=ranked,
        curves=dependence(made.learned.booster, model_inputs(_sample(features, seed)), first),
        slices=slices(sessions, made.world, seed),
        drift=drift_from(store, made.draft.parent, _rows(made)),
        before=tuple(islice(manifests(store), LATEST_RELEASES)),
        feeds=sample_feeds(made.served, made.world, seed),
    )


def _sample(features: Features, seed: int) -> Features:
    rows = len(features.pairs["liked"])
    chosen = np.random.default_rng(seed).permutation(rows) < SAMPLED_ROWS
    return features.select(chosen)


def _rows(made: Made) -> Mapping[str, Rows]:
    schema, served = made.world.features.schema, made.served
    return {
        "reader": _of(served.readers, schema.reader),
        "post": _of(served.posts, schema.post),
    }


def _of(rows: FeatureRows, columns: tuple[str, ...]) -> Rows:
    return Rows(columns, rows.features)
