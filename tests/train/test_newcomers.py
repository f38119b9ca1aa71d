"""A newcomer's row is what a real reader of that profile gets who was shown nothing yet."""

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from artifacts import layout
from tests.train.tables import write_tables
from train.export.newcomers import MOST_COUNTRIES, newcomer_files
from train.features.build import build_features
from train.features.rows import Features, rows_to_serve
from train.source.checks import clean_tables
from train.source.read import read_source
from train.source.tables import TableNames
from train.warehouse import Warehouse

TWO_COUNTRIES = """
UPDATE user_data SET country = 'Ukraine', city = 'Kiev', os = 'Android', source = 'organic'
WHERE user_id % 3 = 0;
"""
OPEN = """
UPDATE user_data SET
    country = ['Russia', 'Russia', 'Russia', 'Ukraine', 'Belarus', NULL][1 + user_id % 6],
    city = CASE WHEN user_id % 4 > 0 THEN ['Moscow', 'Kiev', 'Minsk'][1 + user_id % 3] END,
    exp_group = CASE WHEN user_id % 7 > 0 THEN exp_group END,
    source = CASE WHEN user_id % 5 > 0 THEN ['ads', 'organic'][1 + user_id % 2] END;
"""
"""Of some readers not all is known, and of few kinds there is more than one reader."""

Made = tuple[Warehouse, Features]
Make = Callable[..., Made]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes the features of small tables that were changed by SQL."""

    def made(*changes: str) -> Made:
        folder = tmp_path / str(len([*tmp_path.iterdir()]))
        source = write_tables(folder / "source", "".join(changes))
        warehouse = Warehouse(folder / "work")
        read_source(warehouse, str(source), TableNames(), "UTC", lambda _done, _expected: None)
        clean_tables(warehouse, TableNames(), "UTC", datetime(2021, 12, 1))
        return warehouse, build_features(warehouse, 10**9, seed=1)

    return made


def newcomers(made: Made) -> bytes:
    warehouse, features = made
    [(path, data)] = newcomer_files(warehouse, features.schema)
    assert path == layout.NEWCOMERS
    return data


def kinds(data: bytes) -> dict[tuple[str, str, str], bytes]:
    """Age, gender and country of each → its row."""
    table: pa.Table = pq.read_table(io.BytesIO(data))
    names = zip(*(table[name].to_pylist() for name in ("age", "gender", "country")), strict=True)
    rows = [pa.array(row.as_py(), pa.float32()).to_numpy() for row in table[layout.FEATURES]]
    found = dict(zip(names, (row.tobytes() for row in rows), strict=True))
    assert len(found) == len(table)
    return found


def rows(made: Made) -> dict[int, bytes]:
    """Of each real reader."""
    found = rows_to_serve(made[0], "reader", made[1].schema)
    return dict(zip(found.ids.tolist(), (row.tobytes() for row in found.features), strict=True))


@pytest.mark.parametrize("change", ["", TWO_COUNTRIES], ids=["one country", "two countries"])
def test_a_row_is_that_of_a_reader_without_a_history(make: Make, change: str) -> None:
    warehouse, _ = before = make(change)
    newcomers(before)
    made_up = warehouse.query(
        "SELECT user_id, gender, age, country, exp_group FROM newcomers ORDER BY user_id"
    )
    real = [
        f"INSERT INTO user_data SELECT {1000 + number}, {gender}, {age}, country, city, {group}, "
        f"os, source, unused FROM user_data WHERE country = '{country}' LIMIT 1;"
        for number, gender, age, country, group in made_up
    ]
    after = make(change, *real)
    found = [*kinds(newcomers(after)).values()]
    assert found == [rows(after)[1000 + number] for number, *_ in made_up]
    assert len({*found}) == len(found) == (14 if not change else 28)
    assert not {*found} & {row for reader, row in rows(after).items() if reader < 1000}


def test_each_kind_is_there_once_that_of_the_largest_country_first(make: Make) -> None:
    found = [*kinds(newcomers(make(OPEN)))]
    assert [*dict.fromkeys(country for _, _, country in found)] == ["Russia", "Belarus", "Ukraine"]
    ages = [*dict.fromkeys(age for age, _, country in found if country == "Russia")]
    assert ages == ["0-18", "19-22", "23-27", "28-35", "36-40", "41-45", "46+"]
    for age, _, country in found:
        assert {(age, gender, country) for gender in "01"} <= {*found}


def test_neither_the_order_of_readers_nor_of_those_as_common_as_others_matters(make: Make) -> None:
    turned = "CREATE OR REPLACE TABLE user_data AS FROM user_data ORDER BY md5(user_id::VARCHAR);"
    assert newcomers(make(OPEN)) == newcomers(make(OPEN, turned))


def test_only_the_countries_with_the_most_readers_are_there(make: Make) -> None:
    names = [f"country {number:02d}" for number in range(MOST_COUNTRIES + 2)]
    one_each = f"UPDATE user_data SET country = {names}[1 + user_id % {len(names)}];"
    found = kinds(newcomers(make(one_each)))
    counts = {
        name: sum(user % len(names) == at for user in range(1, 41)) for at, name in enumerate(names)
    }
    largest = sorted(names, key=lambda name: (-counts[name], name))[:MOST_COUNTRIES]
    assert {country for _, _, country in found} == {*largest}


def test_no_count_has_them(make: Make) -> None:
    made = make(OPEN)
    tables = ("profiles", "reader_rows", "peer_rates", "readers", "known_places")

    def told() -> list[object]:
        counted = "SELECT count(*), sum(hash(t)) FROM"
        return [made[0].query(f"{counted} {table} AS t") for table in tables]

    before = told()
    newcomers(made)
    assert told() == before


@pytest.mark.parametrize("field", ["gender", "country"])
def test_where_a_field_is_never_known_there_are_none(make: Make, field: str) -> None:
    warehouse, features = make(f"UPDATE user_data SET {field} = NULL;")
    assert [*newcomer_files(warehouse, features.schema)] == []
