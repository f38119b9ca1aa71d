"""`--dry-run` says what the command would do, and changes nothing."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from mypy_boto3_s3 import S3Client

from artifacts.moves import promote
from artifacts.stores import open_store
from tests.support.events import events, failure
from tests.support.releases import Trained
from tests.train.archived import execute
from tests.train.tables import write_tables
from train import cli, demo_data
from train.checkpoint import Checkpoint, run_digest
from train.progress import Silent
from train.provenance import code
from train.refresh.refresh import refresh
from train.run import run
from train.settings import RunSettings

pytestmark = pytest.mark.slow

Contents = dict[str, tuple[bytes | None, int]]
DryRun = Callable[..., tuple[int, dict[str, Any]]]


def contents(folder: Path) -> Contents:
    """All that is in a folder, and when it was changed."""
    return {
        str(path): (path.read_bytes() if path.is_file() else None, path.stat().st_mtime_ns)
        for path in (folder, *folder.rglob("*"))
    }


@pytest.fixture
def dry_run(capsys: pytest.CaptureFixture[str]) -> DryRun:
    """Runs a command with --dry-run, and gives its exit code and the last event."""

    def make(command: str, source: str | Path, store: str | Path, *more: str) -> Any:
        arguments = [command, "--source", str(source), "--store", str(store), *more]
        exit_code = cli.main([*arguments, "--dry-run"])
        said = capsys.readouterr()
        result = events(said.err)[-1]
        if result["event"] == "result":
            assert said.out.splitlines()[-1] == result["verdict"]
            for name, found in result["checks"].items():
                assert f"{name}: {found}" in said.out.splitlines()
        return exit_code, result

    return make


@pytest.fixture
def places(trained: Trained, tmp_path: Path) -> Path:
    """A folder with a store that serves, an archive and a work folder."""
    shutil.copytree(trained.store, tmp_path / "places" / "store")
    for name in ("archive", "work"):
        (tmp_path / "places" / name).mkdir()
    return tmp_path / "places"


def test_a_dry_run_of_what_is_not_new_changes_nothing_and_says_so_as_the_run(
    trained: Trained, places: Path, dry_run: DryRun
) -> None:
    before = contents(places)
    store = places / "store"
    code, result = dry_run("run", trained.source, store, "--work", str(places / "work"))
    assert contents(places) == before
    assert (code, result["acts"]) == (cli.OK, False)
    release = trained.manifest.release
    assert result["verdict"] == (
        "This was a dry run: nothing was changed. A run would train nothing: nothing is new since "
        f"release {release}"
    )
    assert result["checks"]["channel"] == f"production serves {release}"
    assert result["checks"]["tables"].startswith("1,500 readers, 300 posts, 89,033 views")
    assert not run(RunSettings(str(trained.source), str(store)), Silent()).trained


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([], "other are the tables"),
        (["--seed", "2"], "other are the tables and the settings, the program or its libraries"),
    ],
)
def test_a_dry_run_says_why_a_run_would_train(
    trained: Trained, places: Path, dry_run: DryRun, options: list[str], why: str
) -> None:
    source = write_tables(places / "source")
    before = contents(places)
    code, result = dry_run("run", source, places / "store", *options)
    assert contents(places) == before
    assert (code, result["acts"]) == (cli.OK, True)
    assert result["verdict"].endswith(f"since release {trained.manifest.release} {why}")


def test_a_dry_run_of_other_settings_knows_that_the_tables_are_the_same(
    trained: Trained, places: Path, dry_run: DryRun
) -> None:
    _, result = dry_run("run", trained.source, places / "store", "--seed", "2")
    assert result["verdict"].endswith(" other are the settings, the program or its libraries")


def test_a_dry_run_makes_no_folder_and_says_what_was_dropped(
    dry_run: DryRun, tmp_path: Path
) -> None:
    source = write_tables(
        tmp_path / "source", "UPDATE feed_data SET post_id = 999 WHERE user_id = 7 AND post_id = 5"
    )
    work = tmp_path / "work"
    code, result = dry_run("run", source, tmp_path / "store", "--work", str(work))
    assert code == cli.OK
    assert "rows of feed_data" in result["checks"]["dropped"]
    assert result["verdict"].endswith("it would be the first")
    assert not work.exists()
    assert not (tmp_path / "store").exists()


def test_a_dry_run_ends_as_the_run_would_where_the_tables_cannot_be_used(
    dry_run: DryRun, tmp_path: Path
) -> None:
    source = write_tables(tmp_path / "source", "UPDATE feed_data SET target = 0")
    code, result = dry_run("run", source, tmp_path / "store")
    assert (code, result["event"]) == (cli.FAILED, "error")
    assert "no like at all" in result["message"]
    code, result = dry_run("refresh", source, tmp_path / "store")
    assert (code, result["event"]) == (cli.FAILED, "error")
    assert "serves nothing yet" in result["message"]


def test_a_dry_run_says_that_a_release_was_refused_as_the_run_does(
    dry_run: DryRun, tmp_path: Path
) -> None:
    popular = "UPDATE feed_data SET target = (post_id % 5 = 0)::INTEGER"
    source = write_tables(tmp_path / "source", popular)
    settings = RunSettings(str(source), str(tmp_path / "store"))
    release = run(settings, Silent()).manifest.release
    code, result = dry_run("run", source, settings.store)
    assert code == cli.NOT_SERVED
    assert "which is not served: hit_rate@5 of lenta less" in result["verdict"]
    promote(open_store(settings.store), release, force="nothing can be better")
    assert dry_run("run", source, settings.store)[0] == cli.OK


def test_a_dry_run_sees_a_release_that_was_not_yet_promoted(
    trained: Trained, places: Path, dry_run: DryRun
) -> None:
    shutil.rmtree(places / "store" / "channels")
    code, result = dry_run("run", trained.source, places / "store")
    assert (code, result["acts"]) == (cli.OK, True)
    assert "would train nothing and serve that release" in result["verdict"]
    assert not (places / "store" / "channels").exists()


def test_a_dry_run_says_where_a_run_that_died_would_go_on(
    trained: Trained, places: Path, dry_run: DryRun
) -> None:
    work = places / "work"
    settings = RunSettings(str(trained.source), str(places / "store"), work=work)
    Checkpoint(work, run_digest(settings, code())).keep("tables", [])
    _, result = dry_run("run", trained.source, places / "store", "--work", str(work))
    assert result["checks"]["work"] == f"{work}; a run would go on after: tables"


def test_a_dry_run_doubts_more_memory_than_there_is(
    trained: Trained, places: Path, dry_run: DryRun
) -> None:
    _, result = dry_run("run", trained.source, places / "store", "--memory", "900TB")
    assert result["warnings"] == [
        "--memory is more than this machine has: it would die, not spill to disk"
    ]
    _, result = dry_run("run", trained.source, places / "store", "--memory", "1GB")
    assert result["warnings"] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_must_not_be_written_to_is_named(
    trained: Trained, places: Path, dry_run: DryRun
) -> None:
    store = places / "store"
    (store / "channels").chmod(0o500)
    code, result = dry_run("run", trained.source, store)
    assert (code, result["message"]) == (
        cli.UNAVAILABLE, f"{store}/channels must not be written to",
    )  # fmt: skip


def test_a_dry_run_of_a_cluster_counts_its_workers(
    trained: Trained, places: Path, dry_run: DryRun, capsys: pytest.CaptureFixture[str]
) -> None:
    _, result = dry_run("run", trained.source, places / "store", "--cluster", "local:1")
    assert result["checks"]["cluster"] == "local:1 has 1 workers"
    places_of = ["--source", str(trained.source), "--store", str(places / "store")]
    assert cli.main(["run", *places_of, "--cluster", "local:0", "--dry-run"]) == cli.FAILED
    assert "names no cluster" in failure(capsys.readouterr().err)


def test_a_dry_run_of_a_refresh_says_what_it_would_make(
    trained: Trained, places: Path, dry_run: DryRun, tmp_path: Path
) -> None:
    store = places / "store"
    later = tmp_path / "later"
    demo_data.write(str(later), users=1_500, posts=300, days=15, seed=1)
    before = contents(places)
    release = trained.manifest.release
    code, result = dry_run("refresh", trained.source, store)
    assert (code, result["acts"]) == (cli.OK, False)
    assert f"release {release} knows the tables" in result["verdict"]
    code, result = dry_run("refresh", later, store)
    assert (code, result["acts"]) == (cli.OK, True)
    assert f"would publish a release in place of {release}" in result["verdict"]
    assert contents(places) == before
    assert refresh(RunSettings(str(later), str(store)), Silent()).served
    code, result = dry_run("refresh", later, store)
    assert (code, result["acts"]) == (cli.OK, False)


def test_a_dry_run_leaves_the_archive_and_says_which_days_are_new(
    postgres_url: str, tmp_path: Path, dry_run: DryRun
) -> None:
    demo_data.write(postgres_url, users=400, posts=200, days=10, seed=12)
    places = tmp_path / "places"
    archive, store = str(places / "archive"), str(places / "store")
    told = ("run", postgres_url, store, "--archive", archive)
    code, result = dry_run(*told)
    assert (code, result["checks"]["archive"]) == (cli.OK, "0 days kept, 10 to be read")
    assert not places.exists()

    settings = RunSettings(postgres_url, store, archive=archive)
    assert run(settings, Silent()).trained
    before = contents(places)
    _, result = dry_run(*told)
    assert (result["acts"], result["checks"]["archive"]) == (False, "10 days kept, 0 to be read")
    execute(postgres_url, "DELETE FROM feed_data WHERE ctid = (SELECT min(ctid) FROM feed_data)")
    _, result = dry_run(*told)
    assert (result["acts"], result["checks"]["archive"]) == (True, "9 days kept, 1 to be read")
    assert contents(places) == before
    # Of the same tables read without an archive it says the same.
    _, plain = dry_run("run", postgres_url, store)
    assert plain["checks"]["tables"] == result["checks"]["tables"]
    with closing(psycopg2.connect(postgres_url)) as database, database.cursor() as session:
        session.execute("SELECT count(*) FROM feed_data WHERE action = 'view'")
        assert f"{session.fetchall()[0][0]:,} views" in plain["checks"]["tables"]


def test_a_dry_run_finds_out_whether_a_bucket_may_be_written_to_and_writes_nothing(
    trained: Trained, s3_bucket: str, s3_admin: S3Client, dry_run: DryRun
) -> None:
    code, result = dry_run("run", trained.source, f"s3://{s3_bucket}/lenta")
    assert code == cli.OK
    assert result["checks"]["store"].endswith("can be read, and its channels/ written")
    assert s3_admin.list_objects_v2(Bucket=s3_bucket)["KeyCount"] == 0
    s3_admin.put_bucket_policy(
        Bucket=s3_bucket,
        Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",'
        f' "Action": "s3:PutObject", "Resource": "arn:aws:s3:::{s3_bucket}/*"}}]}}',
    )
    code, result = dry_run("run", trained.source, f"s3://{s3_bucket}/lenta")
    assert code == cli.UNAVAILABLE
    assert "lenta/channels/dry-run" in result["message"]
