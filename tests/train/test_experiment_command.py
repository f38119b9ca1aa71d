"""`python -m train experiment`: what it prints, writes and ends with."""

import json
from pathlib import Path

import duckdb
import psycopg2
import pytest

from tests.train.exposures import DAY, KEY, NOON, exposure, write_log, write_network
from train.cli import FAILED, OK, main
from train.experiment.command import NOT_TRUSTED

USAGE = 2
POSTS = list(range(1, 11))
RECORDS = [exposure(reader, NOON + reader, POSTS) for reader in range(1, 101)]
LIKES = [(reader, 1 + reader % 9, NOON + 600) for reader in range(1, 101) if reader % 3]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READER_HASH_KEY", KEY.decode())
    monkeypatch.delenv("LENTA_SOURCE", raising=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_network(tmp_path / "network", LIKES)


def command(folder: Path, source: object, *more: str) -> list[str]:
    return ["experiment", "--exposures", str(folder / "log"), "--source", str(source), *more]


def test_the_verdict_is_printed_first_and_the_result_written_as_json(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(tmp_path / "log" / "day.jsonl", RECORDS)
    written = tmp_path / "result.json"
    assert main(command(tmp_path, source, "--json", str(written))) == OK
    printed = capsys.readouterr().out
    assert printed.startswith("no difference could be shown: treatment's like rate is ")
    for word in ("control", "treatment", "hit rate@5", "after CUPED", "any look", "for +10 %"):
        assert word in printed
    found = json.loads(written.read_text())
    assert found["experiment"] == "bigger-model"
    assert found["trusted"] is True
    assert found["exposures"]["compared"] == 100
    assert [arm["arm"] for arm in found["arms"]] == ["control", "treatment"]
    assert sum(arm["likes"] for arm in found["arms"]) == len(LIKES)
    assert printed.startswith(found["verdict"][0])
    comparison = found["comparisons"][0]
    assert comparison["plain"]["gain"]["low"] < 0 < comparison["plain"]["gain"]["high"]


def test_what_is_not_to_be_trusted_is_said_first_and_ends_with_a_code_of_its_own(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = [one for i, one in enumerate(RECORDS) if one["arm"] == "control" or i % 8 == 0]
    write_log(tmp_path / "log" / "day.jsonl", lost)
    assert main(command(tmp_path, source)) == NOT_TRUSTED
    printed = capsys.readouterr().out
    assert printed.startswith("not to be trusted: the arms have other readers than their shares")
    assert "Less the control" not in printed


def test_the_feed_may_be_in_postgresql(
    tmp_path: Path, source: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(tmp_path / "log" / "day.jsonl", RECORDS)
    assert main(command(tmp_path, source)) == OK
    from_files = capsys.readouterr().out
    columns = {
        "user_data": "user_id int, gender int, age int, country text, city text, exp_group int, "
        "os text, source text",
        "post_text_df": "post_id int, text text, topic text",
        "feed_data": '"timestamp" timestamp, user_id int, post_id int, action text, target int',
    }
    database = psycopg2.connect(postgres_url)
    with database, database.cursor() as session, duckdb.connect() as files:
        for table, kinds in columns.items():
            session.execute(f"CREATE TABLE {table} ({kinds})")
            path = tmp_path / f"{table}.csv"
            files.execute(f"COPY (FROM '{source / table}.parquet') TO '{path}' (HEADER false)")
            with path.open() as rows:
                session.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv)", rows)
    database.close()
    assert main(command(tmp_path, postgres_url)) == OK
    assert capsys.readouterr().out == from_files


def test_without_the_key_or_the_tables_nobody_can_tell_who_liked_what(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    write_log(tmp_path / "log" / "day.jsonl", RECORDS)
    with pytest.raises(SystemExit) as stopped:
        main(command(tmp_path, source)[:-2])
    assert stopped.value.code == USAGE
    assert "where are the tables?" in capsys.readouterr().err
    monkeypatch.setenv("READER_HASH_KEY", "")
    with pytest.raises(SystemExit) as stopped:
        main(command(tmp_path, source))
    assert stopped.value.code == USAGE
    assert "Set READER_HASH_KEY as the function has it" in capsys.readouterr().err


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf", "day"])
def test_a_window_that_is_none_is_wrong_usage(tmp_path: Path, hours: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(command(tmp_path, "nowhere", "--window-hours", hours))
    assert stopped.value.code == USAGE


def test_a_result_that_cannot_be_written_stops_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(command(tmp_path, "nowhere", "--json", str(tmp_path / "none" / "result.json")))
    assert stopped.value.code == USAGE


def test_what_cannot_be_compared_is_one_sentence(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(tmp_path, source)) == FAILED
    assert "there is no log" in capsys.readouterr().err
    write_log(tmp_path / "log" / "day.jsonl", [exposure(1, NOON + 30 * DAY, POSTS)])
    assert main(command(tmp_path, source)) == FAILED
    assert "nothing can be compared" in capsys.readouterr().err
