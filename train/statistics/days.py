"""Counting the days of an archive: those that were counted before are taken as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import add

import pyarrow as pa

from train.features.steps import set_bands
from train.recipe import Digest
from train.source.checks import OUT_OF_RANGE
from train.statistics.facts import TABLES, DayFacts
from train.statistics.fresh import Fresh, count_fresh, fresh_table
from train.statistics.kept import Kept
from train.warehouse import Warehouse, literals


@dataclass(frozen=True)
class Counted:
    """All days.

    Attributes:
        digest: of the usable rows.
        note: how many days were kept and how many counted, in words.
    """

    digest: Digest
    note: str


def count_archived_days(
    warehouse: Warehouse, kept: Kept, timezone: str, now: datetime, sample: float
) -> Counted:
    """Make the tables of `daily.sql`, `feed_facts` and `dropped_feed`, and keep what is new.

    Args:
        warehouse: has `readers`, `posts`, `post_vectors`, `raw_feed_data` and the `feed_days` that
            it is of.
        kept: what earlier runs have counted in the same way.
        timezone: the network's clock.
        now: this moment, by it.
        sample: at least the share of readers who will be learned from.

    Raises:
        ArtifactError: the archive's store failed.
    """
    days: dict[date | None, tuple[str, list[str]]] = {
        day: (digest, paths)
        for day, digest, paths in warehouse.query(
            "SELECT day, any_value(digest), list(path) FROM feed_days GROUP BY day ORDER BY day"
        )
    }
    fingerprints = {day: digest for day, (digest, _) in days.items() if day}
    found = {
        day: facts for day, facts in kept.facts(fingerprints).items() if facts.sample >= sample
    }
    known = _take(warehouse, kept, found)
    missing = [day for day in days if day not in known]
    with count_fresh(
        warehouse, [path for day in missing for path in days[day][1]], timezone, now, sample
    ) as fresh:
        written = _keep(warehouse, kept, fingerprints, fresh)
        _join(warehouse, is_first=not known)
    kept.remove_leftovers(fingerprints, [*known.values(), *written])
    everything = {**known, **fresh.days}
    _sum_up(warehouse, everything, fresh.of_no_day)
    return Counted(
        reduce(add, (facts.digest for facts in everything.values()), Digest(0, 0, 0)),
        f"{len(known)} days counted before, {len(missing)} now",
    )


def _take(warehouse: Warehouse, kept: Kept, found: Mapping[date, DayFacts]) -> dict[date, DayFacts]:
    """Make the tables of the days that were kept and still hold."""
    fetched = {day: kept.fetch(facts) for day, facts in found.items()}
    files = {day: paths for day, paths in fetched.items() if paths}
    if not files:
        return {}
    for table in TABLES:
        paths = literals(paths[table] for paths in files.values())
        warehouse.query(f"CREATE OR REPLACE TABLE {table} AS FROM read_parquet([{paths}])")
    set_bands(warehouse)
    warehouse.run("known")
    told = dict(warehouse.query("SELECT day, digest FROM known"))
    holds = {day: found[day] for day in files if told.get(day) == found[day].known}
    gone = pa.array([day for day in files if day not in holds], pa.date32())
    warehouse.register("days_gone", pa.table({"day": gone}))
    for table in TABLES:
        warehouse.query(f"DELETE FROM {table} WHERE day IN (FROM days_gone)")  # noqa: S608 - our own names
    return holds


def _keep(
    warehouse: Warehouse, kept: Kept, fingerprints: Mapping[date, str], fresh: Fresh
) -> list[DayFacts]:
    """Keep the days that were counted, but those that a later moment would see otherwise."""
    written = []
    for day, facts in fresh.days.items():
        if any(entry.reason == OUT_OF_RANGE for entry in facts.dropped):
            continue
        tables = [
            kept.put_table(day, table, fresh_table(warehouse, table, day)) for table in TABLES
        ]
        whole = facts.model_copy(update={"tables": tuple(tables)})
        kept.put_facts(day, fingerprints[day], whole)
        written.append(whole)
    return written


def _join(warehouse: Warehouse, *, is_first: bool) -> None:
    """Add what was counted now to what was counted before."""
    for table in TABLES:
        verb = (
            f"CREATE OR REPLACE TABLE main.{table} AS"
            if is_first
            else f"INSERT INTO main.{table} BY NAME"
        )
        warehouse.query(f"{verb} FROM fresh.{table}")


def _sum_up(
    warehouse: Warehouse, days: Mapping[date, DayFacts], of_no_day: Sequence[tuple[str, int]]
) -> None:
    """Make `feed_facts` and `dropped_feed`."""
    rows = [
        (
            facts.views, facts.likes, facts.since, facts.until,
            day if facts.views else None, day if facts.views else None,
        )
        for day, facts in days.items()
    ]  # fmt: skip
    warehouse.query(
        "CREATE OR REPLACE TABLE facts_of_parts (views BIGINT, likes BIGINT, since TIMESTAMP, "
        "until TIMESTAMP, first_day DATE, last_day DATE)"
    )
    warehouse.query(
        "CREATE OR REPLACE TABLE dropped_of_parts (table_name VARCHAR, reason VARCHAR, rows BIGINT)"
    )
    for row in rows:
        warehouse.insert("facts_of_parts", row)
    dropped = [(entry.reason, entry.rows) for facts in days.values() for entry in facts.dropped]
    for reason, lost in (*dropped, *of_no_day):
        warehouse.insert("dropped_of_parts", ("feed_data", reason, lost))
    warehouse.run("add_parts")
