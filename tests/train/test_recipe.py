"""Two runs have one recipe if they would make the same release."""

import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

import train
from tests.train.tables import write_tables
from train.provenance import code
from train.recipe import recipe_of, tables_digest
from train.settings import RunSettings
from train.source.checks import clean_tables
from train.source.read import read_source
from train.source.tables import TableNames
from train.warehouse import Warehouse

SETTINGS = RunSettings("", "")
LIBRARIES = code()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return cleaned(tmp_path_factory.mktemp("as-it-is"))


def cleaned(folder: Path, spoil: str = "", end: str = "parquet") -> Warehouse:
    source = write_tables(folder / "source", spoil, end)
    made = Warehouse(folder / "work")
    read_source(made, str(source), TableNames(), "UTC", lambda *_: None)
    clean_tables(made, TableNames(), "UTC", datetime(2021, 11, 1))
    return made


def of(warehouse: Warehouse) -> str:
    return recipe_of(tables_digest(warehouse), SETTINGS, LIBRARIES)


IN_ANOTHER_ORDER = """
CREATE TABLE turned AS FROM {0} ORDER BY hash({1}), {1};
DROP TABLE {0};
ALTER TABLE turned RENAME TO {0};
"""


@pytest.mark.parametrize("table", ["user_data", "post_text_df", "feed_data"])
def test_the_order_of_rows_does_not_matter(
    warehouse: Warehouse, tmp_path: Path, table: str
) -> None:
    column = {"user_data": "user_id", "post_text_df": "post_id", "feed_data": "post_id"}[table]
    turned = cleaned(tmp_path, IN_ANOTHER_ORDER.format(table, column))
    rows = f"FROM read_parquet('{{}}/source/{table}.parquet')"
    first = warehouse.query(rows.format(warehouse.folder.parent))
    assert first != turned.query(rows.format(tmp_path))
    assert of(turned) == of(warehouse)


def test_the_kind_of_source_does_not_matter(warehouse: Warehouse, tmp_path: Path) -> None:
    assert of(cleaned(tmp_path, end="csv")) == of(warehouse)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE feed_data SET target = 1 WHERE rowid = 1 AND target = 0",
        "INSERT INTO feed_data FROM feed_data LIMIT 1",
        # A row that is there thrice: an exclusive or alone would be what it was.
        "INSERT INTO feed_data SELECT f.* FROM feed_data AS f, range(2) WHERE f.rowid = 0",
        'UPDATE feed_data SET "timestamp" = "timestamp" + to_microseconds(1) WHERE rowid = 0',
        "UPDATE user_data SET age = NULL WHERE user_id = 1",
        "UPDATE post_text_df SET text = text || '.' WHERE post_id = 1",
    ],
)
def test_every_change_of_the_clean_tables_matters(
    warehouse: Warehouse, tmp_path: Path, change: str
) -> None:
    assert of(cleaned(tmp_path, change)) != of(warehouse)


def test_rows_that_are_dropped_do_not_matter(warehouse: Warehouse, tmp_path: Path) -> None:
    dropped = "INSERT INTO feed_data SELECT * REPLACE (9999 AS user_id) FROM feed_data LIMIT 3"
    assert of(cleaned(tmp_path, dropped)) == of(warehouse)


@pytest.mark.parametrize(
    "settings",
    [
        replace(SETTINGS, timezone="Europe/Moscow"),
        replace(SETTINGS, test_from=date(2021, 10, 7)),
        replace(SETTINGS, most_pairs=1_000),
        replace(SETTINGS, seed=2),
    ],
)
def test_settings_of_the_model_matter(warehouse: Warehouse, settings: RunSettings) -> None:
    assert recipe_of(tables_digest(warehouse), settings, LIBRARIES) != of(warehouse)


@pytest.mark.parametrize(
    "settings",
    [
        replace(SETTINGS, source="elsewhere", store="elsewhere", channel="staging"),
        replace(SETTINGS, work=Path("/tmp/work"), memory="2GB"),  # noqa: S108 - not touched
        replace(SETTINGS, names=TableNames(user_data="people")),
    ],
)
def test_settings_of_the_place_do_not_matter(warehouse: Warehouse, settings: RunSettings) -> None:
    assert recipe_of(tables_digest(warehouse), settings, LIBRARIES) == of(warehouse)


def test_libraries_matter_and_the_commit_does_not(warehouse: Warehouse) -> None:
    newer = LIBRARIES.model_copy(update={"libraries": {**LIBRARIES.libraries, "lightgbm": "9"}})
    assert recipe_of(tables_digest(warehouse), SETTINGS, newer) != of(warehouse)
    committed = LIBRARIES.model_copy(update={"commit": "0" * 40})
    assert recipe_of(tables_digest(warehouse), SETTINGS, committed) == of(warehouse)


@pytest.mark.parametrize("path", ["fit.py", "sql/features.sql", "demo_data/cities.toml", "new.py"])
def test_the_program_s_own_text_matters(
    warehouse: Warehouse, tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [folder] = train.__path__
    copy = Path(shutil.copytree(folder, tmp_path / "train"))
    before = of(warehouse)
    monkeypatch.setattr(train, "__path__", [str(copy)])
    assert of(warehouse) == before
    with (copy / path).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert of(warehouse) != before
