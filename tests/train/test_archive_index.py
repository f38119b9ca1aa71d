"""The archive's index, and what becomes of files that it does not name."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from artifacts.errors import Conflict
from artifacts.stores import ObjectStore
from artifacts.stores.folder import FolderStore
from tests.support.stores import Wrapped
from train.archive.files import Files
from train.archive.fingerprint import Fingerprint
from train.archive.index import GRACE, INDEX, Index, KeptDay, Origin, move_index, read_index
from train.archive.leftovers import Keys, remove_leftovers

ORIGIN = Origin(
    server="host:5432", database="network", schema_name="public", table="feed", timezone="UTC"
)
NOW = datetime.now(UTC)
LATER = NOW + GRACE + timedelta(hours=6)  # other tests may run before these


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "archive")


def kept(store: ObjectStore, day: date | None, data: bytes = b"rows", rows: int = 3) -> KeptDay:
    """A day whose file is written; its name is new each time."""
    fingerprint = Fingerprint(rows, "0" * 32)
    file = Files(store, Path("nowhere")).create(Keys().of(day, fingerprint, 0), data, rows)
    return KeptDay(day=day, rows=rows, checksum=fingerprint.checksum, files=(file,))


def names(store: ObjectStore) -> set[str]:
    return set(store.keys("days/"))


def test_files_that_no_day_names_go_after_a_day(store: FolderStore) -> None:
    left, named = kept(store, None), kept(store, date(2021, 10, 1))
    index = move_index(store, ORIGIN, [named])
    assert remove_leftovers(store, ORIGIN, NOW) == []
    assert remove_leftovers(store, ORIGIN, LATER) == [left.files[0].key]
    assert names(store) == index.keys


def test_a_file_that_was_replaced_stays_a_day_from_then(store: FolderStore) -> None:
    day = date(2021, 10, 1)
    old, new = kept(store, day), kept(store, day, b"other")
    move_index(store, ORIGIN, [old], NOW)
    move_index(store, ORIGIN, [new], LATER)
    assert remove_leftovers(store, ORIGIN, LATER) == []
    much_later = LATER + GRACE + timedelta(minutes=1)
    # Whether the index has been moved again or not.
    assert remove_leftovers(store, ORIGIN, much_later) == [old.files[0].key]
    moved = move_index(store, ORIGIN, [new, kept(store, None)], much_later)
    assert moved.retired == ()


def test_a_day_that_comes_back_with_its_file_is_no_leftover(store: FolderStore) -> None:
    first, second = kept(store, date(2021, 10, 1)), kept(store, date(2021, 10, 2))
    move_index(store, ORIGIN, [first, second], NOW)
    move_index(store, ORIGIN, [first], NOW)
    move_index(store, ORIGIN, [first, second], NOW)
    assert remove_leftovers(store, ORIGIN, LATER) == []


def test_other_files_in_the_archive_are_left_alone(store: FolderStore) -> None:
    store.create("days/notes.txt", b"mine")
    store.create("elsewhere/2021.parquet", b"mine")
    assert remove_leftovers(store, ORIGIN, LATER) == []


def test_the_same_days_do_not_move_the_index(store: FolderStore) -> None:
    days = [kept(store, date(2021, 10, 1))]
    move_index(store, ORIGIN, days, NOW)
    written = store.read(INDEX)
    move_index(store, ORIGIN, days, LATER)
    assert store.read(INDEX) == written


def test_an_index_that_somebody_else_moves_all_the_time_is_given_up(store: FolderStore) -> None:
    class Contested(Wrapped):
        def replace(self, key: str, data: bytes, version: str) -> None:  # noqa: ARG002 - the store's
            raise Conflict(f"{key} was changed by somebody else")

    days = [kept(store, date(2021, 10, 1))]
    move_index(store, ORIGIN, days)
    with pytest.raises(Conflict, match="moved by others 10 times"):
        move_index(Contested(store), ORIGIN, [])
    index = read_index(store, ORIGIN)
    assert index is not None
    assert index.days == tuple(days)


def test_an_index_is_read_as_it_was_written(store: FolderStore) -> None:
    days = [kept(store, None), kept(store, date(2021, 10, 1))]
    index = move_index(store, ORIGIN, days, NOW)
    assert read_index(store, ORIGIN) == index
    assert "secret" not in index.to_json().decode()


@pytest.mark.parametrize("twice", [None, date(2021, 10, 1)])
def test_an_index_with_a_day_twice_is_none(store: FolderStore, twice: date | None) -> None:
    days = (kept(store, twice), kept(store, twice))
    with pytest.raises(ValidationError, match="a day is there twice"):
        Index(origin=ORIGIN, days=days, updated_at=NOW.replace(microsecond=0))


def test_a_day_whose_files_do_not_add_up_is_none(store: FolderStore) -> None:
    day = kept(store, None)
    with pytest.raises(ValidationError, match="do not add up"):
        KeptDay(day=None, rows=4, checksum=day.checksum, files=day.files)
