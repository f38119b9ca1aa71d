"""A dry run of `train refresh`."""

from dataclasses import replace

from artifacts.channel import Channel
from artifacts.stores import ObjectStore, open_store
from train.progress import Progress
from train.provenance import code
from train.recipe import refresh_recipe
from train.refresh.parent import (
    Parent,
    clock_of,
    made_before,
    open_parents,
    require_known_topics,
)
from train.rehearsal.places import check_machine, check_signing, check_store, check_work
from train.rehearsal.plan import Plan
from train.rehearsal.tables import look_at_tables
from train.settings import RunSettings


def rehearse_refresh(settings: RunSettings, progress: Progress) -> Plan:
    """Check all that a refresh needs, and find out what it would make.

    Raises:
        TrainError, ArtifactError: as the refresh would.
    """
    store = open_store(settings.store)
    checks = check_signing()
    channel, parents = open_parents(store, settings.channel)
    checks |= check_store(store, settings) | check_work(settings)
    settings = replace(settings, timezone=clock_of(parents))
    with look_at_tables(settings, progress) as looked:
        checks |= looked.checks()
        found = looked.warehouse.query("SELECT DISTINCT topic FROM posts")
        for parent in parents:
            require_known_topics(parent, [str(topic) for (topic,) in found])
        machine, warnings = check_machine(looked.warehouse, settings)
    ends = [_end(store, channel, parent, looked.digest) for parent in parents]
    return Plan(
        "refresh",
        checks | machine,
        tuple(warnings),
        "; ".join(would for would, _, _ in ends),
        acts=any(acts for _, acts, _ in ends),
        serves=all(serves for _, _, serves in ends),
    )


def _end(
    store: ObjectStore, channel: Channel, parent: Parent, digest: str
) -> tuple[str, bool, bool]:
    """What would become of one release, whether that is anything, and whether it is served."""
    if parent.manifest.data.digest == digest:
        return f"A refresh would publish nothing: release {parent.id} knows the tables", False, True
    found = made_before(store, parent, refresh_recipe(digest, parent.manifest, code()))
    if found is None:
        would = f"A refresh would publish a release in place of {parent.id}, if its checks pass"
        return would, True, True
    made = f"release {found.release} was made of these tables before"
    if channel.knows(found.release):
        return f"A refresh would publish nothing: {made}, and taken back", False, True
    if found.gate.passed:
        return f"A refresh would serve what it finds: {made}", True, True
    return f"A refresh would publish nothing: {made}, and {found.gate.failure}", False, False
