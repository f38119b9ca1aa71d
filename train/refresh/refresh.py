"""A refresh, from the tables to served successors of what is served: it wires the parts."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from artifacts import layout
from artifacts.errors import Conflict
from artifacts.manifest import Code, DataFacts, Manifest, Stage
from artifacts.moves import substitute
from artifacts.publish import publish
from artifacts.signing import signer
from artifacts.stores import ObjectStore, open_store
from train.clock import first_evening, serves_from
from train.export.newcomers import newcomer_files
from train.export.tables import post_files, reader_files
from train.facts import data_facts
from train.features.build import make_counted_rows, make_rows
from train.features.rows import rows_to_serve
from train.progress import Progress
from train.provenance import code
from train.recipe import refresh_recipe, tables_digest
from train.refresh.gate import answers_that_stay, judge
from train.refresh.outcome import Refreshed, Successor
from train.refresh.parent import (
    Parent,
    clock_of,
    made_before,
    open_parents,
    require_known_topics,
)
from train.retrieval.renew import renew
from train.retrieval.requests import ranker
from train.settings import RunSettings
from train.source.load import load
from train.stages import Stages, tell_scripts, tell_tables
from train.statistics.load import count_archived, read_archived
from train.threads import one_for_blas
from train.warehouse import Warehouse


@dataclass(frozen=True)
class _Tables:
    """The tables as one release sees them, and what all releases of the refresh share."""

    warehouse: Warehouse
    settings: RunSettings
    facts: DataFacts
    read: tuple[Stage, ...]
    code: Code
    progress: Progress


def refresh(settings: RunSettings, progress: Progress) -> Refreshed:
    """Follow each release that the channel serves by one of the same model and newer features.

    Nothing is fitted. What knows the tables as they are already stays. The channel moves by one
    compare and swap, and only if all successors have passed their gates: arms of an experiment that
    know different days could not be compared.

    Args:
        settings: the timezone and what concerns learning are those of the served releases.
        progress: told the stages.

    Raises:
        TrainError: nothing is served that this program can refresh, or the tables cannot be used.
            Nothing has been published of the release it names.
        ArtifactError: the store failed, or what is served is broken. The channel serves what it
            served before.
    """
    signer()  # who cannot sign learns it now, and not at the end
    store = open_store(settings.store)
    channel, parents = open_parents(store, settings.channel)
    # What a run has trained tells of a run's stages.
    before = next((one.manifest.stages for one in parents if one.manifest.trained_in), ())
    stages, made_by = Stages(progress, before), code()
    with ExitStack() as stack, one_for_blas():
        folder = settings.work or Path(stack.enter_context(tempfile.TemporaryDirectory("-lenta")))
        warehouse = Warehouse(folder, settings.memory, timed=tell_scripts(stages))
        stack.callback(warehouse.close)
        settings = replace(settings, timezone=clock_of(parents))
        whole = None
        if settings.archive:
            read_archived(warehouse, settings, stages)
        else:
            whole = load(warehouse, settings, stages), tables_digest(warehouse)
        topics = [str(topic) for (topic,) in warehouse.query("SELECT DISTINCT topic FROM posts")]
        for parent in parents:
            require_known_topics(parent, topics)
        current: list[str] = []
        successors: list[Successor] = []
        for parent in parents:
            dropped, digest = whole or count_archived(
                warehouse, settings, parent.encoders, 0.0, stages
            )
            if parent.manifest.data.digest == digest:
                current.append(parent.id)
                continue
            facts = data_facts(warehouse, settings.source_without_secrets, dropped, digest)
            tell_tables(stages, facts)
            tables = _Tables(warehouse, settings, facts, tuple(stages.done), made_by, progress)
            recipe = refresh_recipe(digest, parent.manifest, made_by)
            found = made_before(store, parent, recipe)
            if found and channel.knows(found.release):  # somebody has taken it back
                current.append(found.release)
            elif found:
                successors.append(Successor(parent.id, found, made=False))
            else:
                made = _succeed(store, parent, tables, recipe)
                successors.append(Successor(parent.id, made, made=True))
    obstacle = _serve(store, successors, settings.channel)
    return Refreshed(
        settings.store, settings.channel, tuple(current), tuple(successors), not obstacle, obstacle
    )


def _succeed(store: ObjectStore, parent: Parent, tables: _Tables, recipe: str) -> Manifest:
    """Publish a release of the parent's model and the tables' features."""
    stages, before, warehouse = Stages(tables.progress), parent.manifest, tables.warehouse
    with stages.stage("making features"):
        make = make_counted_rows if tables.settings.archive else make_rows
        make(warehouse, parent.encoders, sample=0)
        schema = parent.encoders.schema
        readers = rows_to_serve(warehouse, "reader", schema)
        posts = rows_to_serve(warehouse, "post", schema)
    graph = parent.graph()
    with stages.stage("finding candidates fast"):
        renewed = renew(
            graph,
            before.first_stage,
            readers.features,
            posts.features,
            serves_from(warehouse),
            seed=tables.settings.seed,
        )
    with stages.stage("comparing with what is served"):
        readers_before = parent.readers()
        posts_before, rank_before = parent.posts()
        answers = answers_that_stay(
            (readers_before, readers),
            (
                (posts_before.ids, rank_before),
                (posts.ids, ranker(graph, posts.features, renewed.vectors, renewed.blocks)),
            ),
            first_evening(warehouse),
        )
        rows_before, rows = (readers_before, posts_before), (readers, posts)
        gate = judge(before, tables.facts, rows_before, rows, answers)
    draft = before.model_copy(
        update={
            "parent": parent.id,
            "trained_in": before.trained_in or parent.id,
            "recipe": recipe,
            "data": tables.facts,
            "user_shards": layout.shards_for(len(readers.ids)),
            "first_stage": renewed.proof,
            "gate": gate,
            "stages": (*tables.read, *stages.done),
            "code": tables.code,
        }
    )

    def files() -> Iterator[tuple[str, bytes]]:
        there = {entry.path for entry in before.files}
        for path in (layout.RANKER, layout.ENCODERS, layout.PAST):
            if path in there:
                yield path, parent.release.read(path)
        yield from post_files(warehouse, posts, renewed.vectors, renewed.blocks)
        yield from reader_files(warehouse, readers, draft.user_shards)
        yield from newcomer_files(warehouse, schema)

    with stages.stage("publishing"):
        return publish(store, draft, files())


def _serve(store: ObjectStore, successors: Sequence[Successor], channel: str) -> str:
    """Serve the successors, and say why not, if so."""
    refused = [each.manifest.release for each in successors if not each.manifest.gate.passed]
    if refused:
        return f"release {refused[0]} has not passed its gate"
    if successors:
        replaced = {each.replaces: each.manifest.release for each in successors}
        try:
            substitute(store, replaced, channel)
        except Conflict as error:
            return str(error)
    return ""
