"""`--archive` changes how a database is read, and nothing that is made of it."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from artifacts.release import list_releases
from artifacts.stores import open_store
from tests.support.events import failure
from tests.support.releases import Trained
from tests.train.archived import execute, keys
from tests.train.exposures import KEY, NOON, exposure, write_log
from tests.train.tables import write_tables
from train import cli, demo_data
from train.progress import Silent
from train.run import run
from train.settings import RunSettings
from train.source.load import load
from train.stages import Stages
from train.warehouse import Warehouse

REFUSED = (
    "an archive keeps the feed of a database; the source is a folder, whose files are there "
    "already: leave --archive out"
)


@pytest.mark.slow
def test_a_run_with_an_archive_makes_the_release_that_one_without_makes(
    postgres_url: str, tmp_path: Path
) -> None:
    demo_data.write(postgres_url, users=400, posts=200, days=10, seed=12)
    store, archive = str(tmp_path / "store"), str(tmp_path / "archive")
    plain = run(RunSettings(postgres_url, store), Silent())
    assert plain.trained
    for _ in range(2):
        kept = run(RunSettings(postgres_url, store, archive=archive), Silent())
        assert not kept.trained
        assert kept.manifest == plain.manifest
    assert list_releases(open_store(store)) == [plain.manifest.release]
    execute(postgres_url, "DELETE FROM feed_data WHERE ctid = (SELECT min(ctid) FROM feed_data)")
    kept_settings = RunSettings(postgres_url, store, archive=archive)
    with closing(Warehouse(tmp_path / "work")) as warehouse:
        load(warehouse, kept_settings, Stages(Silent()))
        days = warehouse.query("SELECT DISTINCT day FROM feed ORDER BY day")
        assert days == warehouse.query("SELECT day FROM feed_days ORDER BY day")
        assert {day for (day,) in days} == keys(open_store(archive)).keys()
        load(warehouse, RunSettings(postgres_url, store), Stages(Silent()))
        tables = warehouse.query("SELECT table_name FROM duckdb_tables()")
        assert ("feed",) in tables
        assert ("feed_days",) not in tables


@pytest.mark.parametrize("command", ["run", "evaluate", "experiment"])
def test_an_archive_of_a_folder_is_refused(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("READER_HASH_KEY", KEY.decode())
    monkeypatch.setenv("LENTA_STORE", str(tmp_path / "store"))
    source = write_tables(tmp_path / "source")
    log = tmp_path / "log" / "day.jsonl"
    write_log(log, [exposure(1, NOON, [1, 2])])
    more = ["--exposures", str(log)] if command == "experiment" else []
    archive = ["--archive", str(tmp_path / "archive")]
    assert cli.main([command, "--source", str(source), *archive, *more]) == cli.FAILED
    assert failure(capsys.readouterr().err) == REFUSED
    assert not (tmp_path / "archive").exists()


def test_the_archive_may_be_said_by_the_environment(
    trained: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = shutil.copytree(trained.store, tmp_path / "store")
    places = ["--source", str(trained.source), "--store", str(store)]
    monkeypatch.setenv("LENTA_ARCHIVE", str(tmp_path / "archive"))
    assert cli.main(["refresh", *places]) == cli.FAILED
    assert failure(capsys.readouterr().err) == REFUSED
    monkeypatch.setenv("LENTA_ARCHIVE", "")
    assert cli.main(["refresh", *places]) == cli.OK


def test_a_store_that_is_none_is_named_before_the_database_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--source", "postgresql://nobody@127.0.0.1:1/none", "--store", str(tmp_path)]
    assert cli.main(["run", *places, "--archive", "ftp://host/feed"]) == cli.FAILED
    assert "'ftp://host/feed' is no store" in capsys.readouterr().err
