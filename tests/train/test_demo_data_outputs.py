"""Demo data are written whole, the same for the same seed, into a folder or a database."""

import hashlib
from pathlib import Path

import duckdb
import psycopg2
import pytest

from train.demo_data import DemoDataError, Summary, write

TABLES = ("user_data", "post_text_df", "feed_data")


def _write(out: Path | str, seed: int = 1) -> Summary:
    return write(str(out), users=60, posts=30, days=20, seed=seed)


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def _parquet_rows(file: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.read_parquet(str(file)).fetchall()


def _rows(url: str, table: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            return cursor.fetchall()
    finally:
        connection.close()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    _write(tmp_path / "a")
    _write(tmp_path / "b")
    assert set(_hashes(tmp_path / "a")) == {f"{table}.parquet" for table in TABLES}
    assert _hashes(tmp_path / "a") == _hashes(tmp_path / "b")


def test_another_seed_gives_other_rows_in_every_table(tmp_path: Path) -> None:
    _write(tmp_path / "a", seed=1)
    _write(tmp_path / "b", seed=2)
    first, second = _hashes(tmp_path / "a"), _hashes(tmp_path / "b")
    assert all(first[name] != second[name] for name in first)


def test_progress_counts_up_to_the_whole(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write(
        str(tmp_path / "a"), users=2_001, posts=7, days=3, seed=0,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen == [(done, 5) for done in range(1, 6)]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    _write(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert len(_hashes(tmp_path / "a")) == len(TABLES)


def test_a_folder_with_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DemoDataError, match="is not an empty folder"):
        _write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    def fail(done: int, _total: int) -> None:
        if done > 1:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write(str(tmp_path / "a"), users=60, posts=30, days=20, seed=1, progress=fail)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("users", 0, "users must be from 1 to 16777216, not 0"),
        ("posts", 6, "posts must be from 7 to 2097152, not 6"),
        ("days", 0, "days must be from 1"),
        ("seed", -1, "seed must be from 0"),
    ],
)
def test_a_number_out_of_range_is_refused(
    tmp_path: Path, argument: str, value: int, message: str
) -> None:
    given = {"users": 10, "posts": 10, "days": 1, "seed": 0} | {argument: value}
    with pytest.raises(DemoDataError, match=message):
        write(
            str(tmp_path / "a"),
            users=given["users"], posts=given["posts"], days=given["days"], seed=given["seed"],
        )  # fmt: skip
    assert not list(tmp_path.iterdir())


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(DemoDataError, match="not to mysql://"):
        _write("mysql://localhost/db")


def test_a_database_that_does_not_answer_is_an_error_with_a_sentence() -> None:
    with pytest.raises(DemoDataError, match=r"PostgreSQL refused the demo data: .*connection"):
        _write("postgresql://nobody@127.0.0.1:1/none")


@pytest.mark.slow
def test_postgres_holds_the_rows_of_the_folder(tmp_path: Path, postgres_url: str) -> None:
    written = _write(tmp_path / "a")
    assert _write(postgres_url) == written
    for table in TABLES:
        expected = _parquet_rows(tmp_path / "a" / f"{table}.parquet")
        assert len(expected) == getattr(written, table)
        assert _rows(postgres_url, table) == expected


@pytest.mark.slow
def test_postgres_tables_that_hold_rows_are_refused_and_left_alone(postgres_url: str) -> None:
    _write(postgres_url, seed=1)
    before = _rows(postgres_url, "feed_data")
    with pytest.raises(DemoDataError, match="user_data and post_text_df and feed_data already"):
        _write(postgres_url, seed=2)
    assert _rows(postgres_url, "feed_data") == before


@pytest.mark.slow
def test_postgres_is_left_empty_when_writing_fails(postgres_url: str) -> None:
    def fail(_done: int, _total: int) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write(postgres_url, users=60, posts=30, days=20, seed=1, progress=fail)
    with pytest.raises(psycopg2.errors.UndefinedTable):
        _rows(postgres_url, "post_text_df")


@pytest.mark.parametrize(("users", "days"), [(1, 1), (3, 200)])
def test_few_readers_on_few_or_many_days_are_written(tmp_path: Path, users: int, days: int) -> None:
    written = write(str(tmp_path / "a"), users=users, posts=7, days=days, seed=0)
    feed = _parquet_rows(tmp_path / "a" / "feed_data.parquet")
    assert len(feed) == written.feed_data
    assert (written.user_data, written.post_text_df) == (users, 7)
