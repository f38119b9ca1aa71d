"""Days that were counted before give what counting all of them again would."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts.stores import open_store
from tests.train.tables import write_tables
from train.features.encoders import Encoders, fit_encoders
from train.features.steps import count_days, store_encoded
from train.recipe import Digest, table_digest
from train.source.checks import clean_feed, clean_profiles
from train.source.read import read_source
from train.source.tables import TableNames
from train.statistics.days import Counted, count_archived_days
from train.statistics.facts import TABLES
from train.statistics.kept import PREFIX, Kept
from train.statistics.load import way_of
from train.warehouse import Warehouse

NOW = datetime(2021, 12, 1)
COMPARED = (*(set(TABLES) - {"strangers"}), "feed_facts")

A_DAY_MORE = (
    'INSERT INTO feed_data SELECT * REPLACE ("timestamp" + INTERVAL 8 DAY AS "timestamp") '
    "FROM feed_data WHERE \"timestamp\" < '2021-10-02'"
)
CHANGES = (
    A_DAY_MORE,
    "UPDATE feed_data SET target = 1 - target WHERE \"timestamp\"::DATE = '2021-10-03'",
    "DELETE FROM feed_data WHERE user_id = 5 AND \"timestamp\"::DATE = '2021-10-04'",
    "INSERT INTO feed_data SELECT * FROM feed_data WHERE user_id = 7",
    'UPDATE feed_data SET "timestamp" = NULL WHERE user_id = 9',
    "UPDATE feed_data SET \"timestamp\" = '2035-01-01' WHERE user_id = 8 AND post_id = 3",
    "UPDATE feed_data SET user_id = 500 WHERE user_id = 11",
    "UPDATE feed_data SET post_id = 500 WHERE post_id = 11",
    "UPDATE feed_data SET action = 'like' WHERE user_id % 7 = 1",
    "UPDATE user_data SET age = age + 20 WHERE user_id = 3",
    "UPDATE user_data SET country = NULL, exp_group = NULL WHERE user_id = 4",
    "DELETE FROM user_data WHERE user_id = 6",
    "INSERT INTO user_data SELECT * REPLACE (500 AS user_id) FROM user_data WHERE user_id = 1",
    "INSERT INTO post_text_df SELECT * REPLACE (500 AS post_id) FROM post_text_df LIMIT 1",
    "DELETE FROM post_text_df WHERE post_id = 12",
    "UPDATE post_text_df SET text = 'another text of a thing' WHERE post_id = 13",
    "UPDATE post_text_df SET topic = 'sport' WHERE post_id = 14",
)


@dataclass(frozen=True)
class Network:
    """The three tables, which can be changed, and the archive of their days."""

    database: duckdb.DuckDBPyConnection
    folder: Path

    def change(self, *statements: str) -> None:
        for statement in statements:
            self.database.execute(statement)

    @contextmanager
    def read(self) -> Iterator[Warehouse]:
        """A warehouse with the tables as they are, clean but for the feed, in days."""
        source = Path(tempfile.mkdtemp(dir=self.folder))
        for table in ("user_data", "post_text_df", "feed_data"):
            self.database.execute(f"COPY {table} TO '{source / table}.parquet'")
        with closing(Warehouse(source / "work")) as warehouse:
            read_source(warehouse, str(source), TableNames(), "UTC", lambda _done, _expected: None)
            clean_profiles(warehouse, TableNames())
            warehouse.query(
                'CREATE TABLE feed_days AS SELECT "timestamp"::DATE AS day, '
                "count(*) || '-' || sum(hash(f)) AS digest, ''::VARCHAR AS path, "
                "count(*) AS rows FROM raw_feed_data AS f GROUP BY ALL"
            )
            for (day,) in warehouse.query("SELECT day FROM feed_days"):
                path = source / f"{day}.parquet"
                is_day = f"= DATE '{day}'" if day else "IS NULL"
                warehouse.query(
                    f"COPY (FROM raw_feed_data WHERE \"timestamp\"::DATE {is_day}) TO '{path}'"
                )
                warehouse.query(
                    f"UPDATE feed_days SET path = '{path}' WHERE day {is_day.replace('=', '=')}"
                )
            yield warehouse


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with made(tmp_path) as network:
        yield network


@contextmanager
def made(folder: Path) -> Iterator[Network]:
    source = write_tables(folder / "source")
    with duckdb.connect() as database:
        for table in ("user_data", "post_text_df", "feed_data"):
            database.execute(f"CREATE TABLE {table} AS FROM '{source / table}.parquet'")
        yield Network(database, folder)


def encoders_of(network: Network) -> Encoders:
    with network.read() as warehouse:
        return fit_encoders(warehouse, seed=1)


def kept_of(network: Network, encoders: Encoders) -> Kept:
    """What is kept in the network's archive, as these encoders make it."""
    store = open_store(str(network.folder / "archive"))
    return Kept(store, network.folder / "counted", way_of(encoders, "UTC"))


def counted(
    network: Network, encoders: Encoders, sample: float = 1.0
) -> tuple[Counted, dict[str, list[tuple[object, ...]]]]:
    """Count with the archive, and compare with counting everything."""
    kept = kept_of(network, encoders)
    with network.read() as warehouse:
        store_encoded(warehouse, encoders)
        found = count_archived_days(warehouse, kept, "UTC", NOW, sample)
        ours = contents(warehouse)
    with network.read() as warehouse:
        store_encoded(warehouse, encoders)
        clean_feed(warehouse, "UTC", NOW)
        count_days(warehouse, sample)
        assert ours == contents(warehouse)
        assert found.digest == (
            table_digest(warehouse, "feed") if found.digest.rows else Digest(0, 0, 0)
        )
    return found, ours


def contents(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    found = {table: warehouse.query(f"SELECT * FROM {table} ORDER BY ALL") for table in COMPARED}
    found["dropped"] = warehouse.query(
        "SELECT table_name, reason, sum(rows)::BIGINT FROM dropped_feed GROUP BY ALL ORDER BY ALL"
    )
    return found


def test_nothing_is_counted_twice(network: Network) -> None:
    encoders = encoders_of(network)
    assert counted(network, encoders)[0].note == "0 days counted before, 8 now"
    assert counted(network, encoders)[0].note == "8 days counted before, 0 now"


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (CHANGES[0], 1),
        (CHANGES[1], 1),
        (CHANGES[2], 1),
        ("UPDATE user_data SET age = age + 1 WHERE user_id = 40", 0),
        ("UPDATE user_data SET age = age + 30 WHERE user_id = 40", 8),
        ("UPDATE user_data SET os = 'Android', city = 'Omsk'", 0),
        ("INSERT INTO user_data SELECT * REPLACE (900 AS user_id) FROM user_data LIMIT 1", 0),
        ("INSERT INTO post_text_df SELECT 900, text, topic FROM post_text_df LIMIT 1", 0),
        ("DELETE FROM user_data WHERE user_id = 40", 8),
    ],
)
def test_days_are_counted_again_that_what_has_changed_concerns(
    network: Network, change: str, again: int
) -> None:
    encoders = encoders_of(network)
    counted(network, encoders)
    network.change(change)
    assert counted(network, encoders)[0].note.endswith(f" {again} now")


def test_a_reader_who_becomes_known_changes_the_days_of_before(network: Network) -> None:
    network.change("DELETE FROM user_data WHERE user_id = 40")
    encoders = encoders_of(network)
    counted(network, encoders)
    network.change("INSERT INTO user_data SELECT * REPLACE (40 AS user_id) FROM user_data LIMIT 1")
    assert counted(network, encoders)[0].note == "0 days counted before, 8 now"


def test_other_post_vectors_are_another_way_of_counting(network: Network) -> None:
    counted(network, encoders_of(network))
    network.change(CHANGES[-2])
    assert counted(network, encoders_of(network))[0].note == "0 days counted before, 8 now"


def test_a_larger_sample_is_counted_anew_and_a_smaller_one_is_not(network: Network) -> None:
    encoders = encoders_of(network)
    kept = kept_of(network, encoders)
    notes = []
    for sample in (0.5, 0.25, 0.75):
        with network.read() as warehouse:
            store_encoded(warehouse, encoders)
            notes.append(count_archived_days(warehouse, kept, "UTC", NOW, sample).note)
    assert [note.split(", ")[1] for note in notes] == ["8 now", "0 now", "8 now"]


def test_a_day_with_rows_out_of_range_is_not_kept(network: Network) -> None:
    network.change("UPDATE feed_data SET \"timestamp\" = '2021-12-03' WHERE user_id = 8")
    encoders = encoders_of(network)
    counted(network, encoders)
    assert counted(network, encoders)[0].note == "8 days counted before, 1 now"


def test_what_is_damaged_is_counted_again(network: Network) -> None:
    encoders = encoders_of(network)
    counted(network, encoders)
    kept = sorted((network.folder / "archive" / PREFIX).rglob("*.*"))
    facts = [path for path in kept if path.name == "facts.json"]
    facts[0].write_text(facts[0].read_text().replace('"rows"', '"row"'))
    next(
        path for path in kept if path.suffix == ".parquet" and "2021-10-05" in str(path)
    ).write_bytes(b"?")
    next(path for path in kept if path.suffix == ".parquet" and "2021-10-06" in str(path)).unlink()
    assert counted(network, encoders)[0].note == "5 days counted before, 3 now"
    assert counted(network, encoders)[0].note == "8 days counted before, 0 now"


def test_what_no_day_needs_any_more_is_removed_after_a_while(network: Network) -> None:
    encoders = encoders_of(network)
    counted(network, encoders)
    network.change(CHANGES[1])
    counted(network, encoders)
    store = open_store(str(network.folder / "archive"))
    other = f"{PREFIX}0123456789abcdef/2021-10-01/20211001T000000Z-01234567-shown.parquet"
    store.create(other, b"?")
    kept = kept_of(network, encoders)
    with network.read() as warehouse:
        days = dict(warehouse.query("SELECT day, digest FROM feed_days"))
    facts = kept.facts(days)
    needed = {table.key for one in facts.values() for table in one.tables}
    assert len(needed) == 8 * len(TABLES)
    now = datetime.now(UTC)
    kept.remove_leftovers(days, facts.values(), now)
    assert other not in store.keys("")
    # The day that has changed left its tables; another run may be reading them.
    assert len(list(store.keys(""))) == len(needed) + 8 + len(TABLES)
    kept.remove_leftovers(days, facts.values(), now + timedelta(days=2))
    assert {key for key in store.keys("") if key.endswith(".parquet")} == needed
    assert kept.facts(days) == facts


@settings(max_examples=15)
@given(st.lists(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3), max_size=4))
def test_whatever_happens_to_the_tables(history: Sequence[Sequence[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder, made(Path(folder)) as network:
        encoders = encoders_of(network)
        counted(network, encoders)
        for changes in history:
            network.change(*changes)
            with network.read() as warehouse:
                unique = warehouse.query("SELECT count(*) = count(DISTINCT user_id) FROM readers")
            if not unique[0][0]:
                return
            counted(network, encoders)
