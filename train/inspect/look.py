"""From a source to all that is told of it: the tables are read and checked as a run does."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from artifacts.manifest import Dropped
from train.checkpoint import FILE
from train.errors import SourceError
from train.features.steps import SESSION_GAP_MINUTES, set_bands
from train.inspect.labels import LAST_PLACE, PLACE_STEP, in_order, label
from train.inspect.rates import Sums, like_rate
from train.inspect.result import Look, Part, Split, Spread, Topic, Totals
from train.inspect.tables import table_facts
from train.progress import Progress
from train.settings import RunSettings
from train.source.checks import check_clean, clean_feed, clean_profiles, dropped_rows
from train.source.load import network_now, read_tables
from train.stages import tell_dropped, tell_scripts
from train.warehouse import Warehouse

MOST_PARTS = 12
"""Of countries, cities, topics and the like, so many are shown."""


def look(settings: RunSettings, progress: Progress) -> Look:
    """Look at the tables.

    Args:
        settings: of a run; there is no store.
        progress: told the stages.

    Raises:
        SourceError: the tables cannot be read, or there is no view in them. What a run refuses for
            another reason is looked at all the same.
        WorkError: the work folder cannot be used.
        ArtifactError: the archive's store failed.
    """
    with ExitStack() as stack:
        folder = settings.work or Path(stack.enter_context(tempfile.TemporaryDirectory("-lenta")))
        warehouse = Warehouse(folder, settings.memory, timed=tell_scripts(progress))
        stack.callback(warehouse.close)
        with progress.stage("reading the tables"):
            read_tables(warehouse, settings, progress)
        with progress.stage("checking the tables"):
            dropped, refused = _clean(warehouse, settings)
            tables = table_facts(warehouse, settings.names, dropped)
        tell_dropped(progress, dropped)
        with progress.stage("counting views and likes"):
            _count(warehouse)
            splits = _splits(warehouse)
        since, until, days = warehouse.query("SELECT since, until, days FROM feed_facts")[0]
        return Look(
            source=settings.source_without_secrets,
            timezone=settings.timezone,
            tables=tables,
            refused=refused,
            since=since,
            until=until,
            days=days,
            totals=Totals(**_row(warehouse, "totals")),
            spreads=tuple(
                Spread(name, count, mean, tuple(quantiles))
                for name, count, mean, quantiles in warehouse.query("FROM spreads")
            ),
            everything=splits.pop("all").parts[0],
            splits=splits,
            topics=_topics(warehouse),
            heat=_heat(warehouse),
        )


def _clean(warehouse: Warehouse, settings: RunSettings) -> tuple[tuple[Dropped, ...], str | None]:
    """What was dropped, and why a run would refuse what is left."""
    # A run that died here cannot go on: its tables are replaced.
    (warehouse.folder / FILE).unlink(missing_ok=True)
    clean_profiles(warehouse, settings.names)
    clean_feed(warehouse, settings.timezone, network_now(settings.timezone))
    try:
        return check_clean(warehouse, settings.names), None
    except SourceError as error:
        if not warehouse.query("SELECT views FROM feed_facts")[0][0]:
            raise
        return dropped_rows(warehouse, settings.names), str(error)


def _count(warehouse: Warehouse) -> None:
    set_bands(warehouse)
    warehouse.run("views", session_gap_minutes=SESSION_GAP_MINUTES)
    warehouse.run(
        "inspect",
        first_day=warehouse.query("SELECT first_day FROM feed_facts")[0][0],
        place_step=PLACE_STEP,
        last_place=LAST_PLACE,
        most_parts=MOST_PARTS,
    )


def _splits(warehouse: Warehouse) -> dict[str, Split]:
    first = warehouse.query("SELECT first_day FROM feed_facts")[0][0]
    found: dict[str, Split] = {}
    for kind, count, members in warehouse.query("FROM kinds WHERE kind <> 'age and topic'"):
        rows = warehouse.query(f"SELECT part, {_SUMS} FROM parts WHERE kind = $kind", kind=kind)  # noqa: S608 - our own names
        parts = tuple(
            _part(label(kind, part, first), *sums) for part, *sums in in_order(kind, rows)
        )
        found[kind] = Split(
            parts, count - len(parts), members - sum(part.members for part in parts)
        )
    return found


_SUMS = "members, readers, views, likes, views_views, views_likes, likes_likes"


def _part(name: str, members: int, *sums: int) -> Part:
    of_all = Sums(*map(int, sums))
    return Part(name, members, of_all.readers, of_all.views, of_all.likes, like_rate(of_all))


def _topics(warehouse: Warehouse) -> tuple[Topic, ...]:
    return tuple(
        Topic(*found)
        for found in warehouse.query(
            "SELECT topic, posts, shown, length, post_id, text "
            "FROM topics JOIN examples USING (topic) ORDER BY posts DESC, topic"
        )
    )


def _heat(warehouse: Warehouse) -> dict[tuple[str, str], Part]:
    rows = warehouse.query(
        f"SELECT part, topic, {_SUMS} FROM parts SEMI JOIN topics USING (topic) "  # noqa: S608 - our own names
        "WHERE kind = 'age and topic'"
    )
    return {(label("age", part, None), topic): _part(topic, *sums) for part, topic, *sums in rows}


def _row(warehouse: Warehouse, table: str) -> dict[str, Any]:
    """The only row of a table."""
    return dict(zip(warehouse.columns(table), warehouse.query(f"FROM {table}")[0], strict=True))
