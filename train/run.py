"""A training run, from the tables to a served release: the one place that wires the parts."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.manifest import Features, Manifest, ManifestDraft
from artifacts.moves import promote
from artifacts.proofs import Exactness
from artifacts.publish import publish
from artifacts.signing import signer
from artifacts.stores import ObjectStore, open_store
from train.checkpoint import Checkpoint, run_digest
from train.clock import first_evening, serves_from
from train.engine import ArchivedMachine, Engine, OneMachine
from train.errors import ExportError
from train.evaluation.gate import judge
from train.evaluation.measure import measure
from train.evaluation.served import what_serves
from train.evaluation.world import make_world
from train.export import exactness
from train.export.graph import ranker_graph
from train.export.newcomers import newcomer_files
from train.export.tables import post_files
from train.facts import data_facts
from train.features import rows
from train.features.build import days_of
from train.features.encoders import encoders_file
from train.features.rows import FeatureRows
from train.learn import Learned
from train.outcome import Outcome
from train.progress import Progress
from train.provenance import code
from train.recipe import features_digest, newest_trained, recipe_of
from train.report.feeds import NewRelease
from train.report.findings import Made, look_into
from train.report.page import render
from train.retrieval.choose import Chosen, choose
from train.retrieval.requests import Ranker, ranker
from train.settings import RunSettings
from train.split import split_days
from train.stages import Stages, tell_scripts, tell_tables
from train.threads import one_for_blas
from train.warehouse import Warehouse


def run(settings: RunSettings, progress: Progress) -> Outcome:
    """Train on the source, publish the release, and serve it if its gate passed.

    Where the newest that was trained is of the same recipe, nothing is trained and none is
    published.

    Raises:
        TrainError: the source cannot be trained from, or the graph is not exact. Nothing has been
            written to the store.
        ArtifactError: the store failed. The channel serves what it served before.
    """
    signer()  # who cannot sign learns it now, and not after an hour
    store = open_store(settings.store)
    served = read_channel(store, settings.channel)
    before = newest_trained(store)
    stages = Stages(progress, before.stages if before else ())
    with ExitStack() as stack, one_for_blas():
        folder = settings.work or Path(stack.enter_context(tempfile.TemporaryDirectory("-lenta")))
        made_by = code()
        warehouse = Warehouse(folder, settings.memory, timed=tell_scripts(stages))
        stack.callback(warehouse.close)
        checkpoint = Checkpoint(folder, run_digest(settings, made_by))
        engine = stack.enter_context(_engine(warehouse, settings, store, checkpoint))

        dropped, digest = engine.load(stages)
        facts = data_facts(warehouse, settings.source_without_secrets, dropped, digest)
        tell_tables(stages, facts)
        recipe = recipe_of(digest, settings, made_by)
        newest = newest_trained(store)
        if newest and newest.recipe == recipe:
            checkpoint.clear()
            return _conclude(store, settings, newest, trained=False)
        with stages.stage("making features"):
            built = engine.build()
            features, readers, posts = built.features, built.readers, built.posts
        with stages.stage("fitting and measuring"):
            first, last = days_of(warehouse)
            split = split_days(first + timedelta(days=1), last, settings.test_from)
            learned = engine.learn(features, split)
            serving = what_serves(store, served, features.schema)
            world = make_world(warehouse, features)
            measured = measure(world, learned, serving, split, settings.seed)
        with stages.stage("finding candidates fast"):
            chosen = choose(
                partial(
                    ranker_graph,
                    features.schema,
                    features.unknown_reader,
                    np.median(posts.features, axis=0),
                    learned.booster,
                ),
                readers.features,
                posts.features,
                serves_from(warehouse),
                seed=settings.seed,
            )
        with stages.stage("comparing the graph with LightGBM"):
            rank = ranker(chosen.graph, posts.features, chosen.vectors, chosen.blocks)
            checked = _require_exact(rank, features, learned, posts)
        draft = ManifestDraft(
            parent=served.arms[0].release if served else None,
            recipe=recipe,
            timezone=settings.timezone,
            data=facts,
            features=Features(
                topics=features.schema.topics,
                reader=features.schema.reader,
                post=features.schema.post,
                model=features.schema.model,
            ),
            user_shards=built.shards,
            evaluation=measured.evaluation,
            learning_curve=learned.curve,
            exactness=checked,
            first_stage=chosen.proof,
            gate=judge(measured.table, serving, measured.gain),
            stages=tuple(stages.done),
            code=made_by,
        )
        with stages.stage("writing the report"):
            made = Made(
                draft,
                world,
                learned,
                measured,
                NewRelease(rank, readers, posts, first_evening(warehouse)),
            )
            report = render(look_into(made, store, settings.seed))
        with stages.stage("publishing"):
            draft = draft.model_copy(update={"stages": tuple(stages.done)})
            files = _files(warehouse, chosen, made, report)
            readers_to = partial(engine.write_readers, store)
            manifest = publish(store, draft, files, others=readers_to)
            checkpoint.clear()
            return _conclude(store, settings, manifest, trained=True)


@contextmanager
def _engine(
    warehouse: Warehouse, settings: RunSettings, store: ObjectStore, checkpoint: Checkpoint
) -> Iterator[Engine]:
    if not settings.cluster:
        kind = ArchivedMachine if settings.archive else OneMachine
        yield kind(warehouse, settings, checkpoint)
        return
    from train.cluster.engine import open_cluster  # noqa: PLC0415 - one machine does without Dask

    with open_cluster(warehouse, settings, store) as cluster:
        yield cluster


def _conclude(
    store: ObjectStore, settings: RunSettings, manifest: Manifest, *, trained: bool
) -> Outcome:
    """Promote the release if its gate passed, unless the channel has had it already."""
    channel = read_channel(store, settings.channel)
    known = channel is not None and channel.knows(manifest.release)
    promoted = manifest.gate.passed and not known
    if promoted:
        promote(store, manifest.release, settings.channel)
    return Outcome(
        settings.store, settings.channel, manifest, trained, promoted, served=known or promoted
    )


def _require_exact(
    rank: Ranker, features: rows.Features, learned: Learned, posts: FeatureRows
) -> Exactness:
    checked = exactness.compare(rank, learned.booster, features, posts.features)
    if not checked.passed:
        raise ExportError(
            f"the graph is not exact and is not published: of {checked.rows:,} real rows "
            f"{checked.differing:,} differ from LightGBM, of {checked.threshold_rows:,} rows on "
            f"thresholds {checked.threshold_differing:,}"
        )
    return checked


def _files(
    warehouse: Warehouse, chosen: Chosen, made: Made, report: bytes
) -> Iterator[tuple[str, bytes]]:
    served = made.served
    yield layout.RANKER, chosen.graph.SerializeToString(deterministic=True)
    yield layout.PAST, made.learned.past.model_to_string().encode()
    yield from post_files(warehouse, served.posts, chosen.vectors, chosen.blocks)
    encoders = made.world.features.encoders
    yield from newcomer_files(warehouse, encoders.schema)
    yield layout.ENCODERS, encoders_file(encoders, features_digest())
    yield layout.REPORT, report
