"""A dry run of `train run`."""

from datetime import timedelta

from artifacts.channel import read_channel
from artifacts.manifest import Code, Manifest
from artifacts.stores import ObjectStore, open_store
from train.features.build import days_of
from train.progress import Progress
from train.provenance import code
from train.recipe import newest_trained, recipe_of
from train.rehearsal.places import (
    check_cluster,
    check_machine,
    check_signing,
    check_store,
    check_work,
)
from train.rehearsal.plan import Plan
from train.rehearsal.tables import look_at_tables
from train.settings import RunSettings
from train.split import split_days


def rehearse_run(settings: RunSettings, progress: Progress) -> Plan:
    """Check all that a run needs, and find out whether it would train.

    Raises:
        TrainError, ArtifactError: as the run would.
    """
    store, made_by = open_store(settings.store), code()
    checks = check_signing() | check_store(store, settings) | check_work(settings)
    checks |= check_cluster(settings.cluster)
    newest = newest_trained(store)
    with look_at_tables(settings, progress) as looked:
        checks |= looked.checks()
        first, last = days_of(looked.warehouse)
        split = split_days(first + timedelta(days=1), last, settings.test_from)
        checks["measuring"] = f"on the days from {split.test_from} to {split.last}"
        machine, warnings = check_machine(looked.warehouse, settings)
        digest = looked.digest
    checks |= machine
    recipe = recipe_of(digest, settings, made_by)
    if newest and newest.recipe == recipe:
        would, acts, serves = _without_training(store, settings, newest)
    else:
        why = _news(newest, digest, settings, made_by)
        would = f"A run would train and publish a release, and serve it if its gate passes: {why}"
        acts = serves = True
    return Plan("run", checks, tuple(warnings), would, acts, serves)


def _without_training(
    store: ObjectStore, settings: RunSettings, newest: Manifest
) -> tuple[str, bool, bool]:
    """Of a run that would not train: what it would do, whether that is anything, and served."""
    channel = read_channel(store, settings.channel)
    nothing = f"nothing is new since release {newest.release}"
    if channel and channel.knows(newest.release):
        return f"A run would train nothing: {nothing}", False, True
    if newest.gate.passed:
        return f"A run would train nothing and serve that release: {nothing}", True, True
    refused = f"which is not served: {newest.gate.failure}"
    return f"A run would train nothing: {nothing}, {refused}", False, False


def _news(newest: Manifest | None, digest: str, settings: RunSettings, made_by: Code) -> str:
    """Why the recipe is another."""
    if newest is None:
        return "it would be the first"
    news = []
    if newest.data.digest != digest:
        news.append("the tables")
    if recipe_of(newest.data.digest or "", settings, made_by) != newest.recipe:
        news.append("the settings, the program or its libraries")
    return f"since release {newest.release} other are {' and '.join(news)}"
