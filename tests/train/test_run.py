"""A run publishes a whole, exact release, or changes nothing."""

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.moves import promote
from artifacts.proofs import Exactness
from artifacts.publish import publish
from artifacts.release import list_releases, open_release, verify
from artifacts.stores import open_store
from tests.artifacts.examples import FILES, draft
from tests.support.events import failure
from tests.support.releases import Trained
from tests.train.tables import write_tables
from train import cli
from train.errors import ExportError, SourceError
from train.export import exactness
from train.progress import Silent
from train.run import run
from train.settings import RunSettings

pytestmark = pytest.mark.slow


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_release_is_whole_and_served(trained: Trained) -> None:
    store = open_store(str(trained.store))
    assert verify(open_release(store, trained.manifest.release)) == ()
    channel = read_channel(store)
    assert channel is not None
    assert channel.arms[0].release == trained.manifest.release


def test_the_manifest_says_what_it_was_made_from_and_how_good_it_is(trained: Trained) -> None:
    manifest = trained.manifest
    assert manifest.data.readers == 1_500
    assert manifest.data.posts == 300
    assert manifest.data.views > 20_000
    assert manifest.data.dropped == ()
    assert manifest.exactness.passed
    assert manifest.exactness.rows >= 500_000
    assert manifest.gate.passed
    measured = {(score.metric, score.model) for score in manifest.evaluation.scores}
    assert measured == {
        (metric, model)
        for metric in ("hit_rate@5", "ndcg@5", "auc")
        for model in (
            "lenta",
            "popularity",
            "recent popularity",
            "popularity by topic and age",
            "random",
        )
    }
    assert manifest.code.libraries["lightgbm"]


def test_the_model_is_better_than_chance_beyond_doubt(trained: Trained) -> None:
    for metric in ("hit_rate@5", "ndcg@5", "auc"):
        ours = trained.manifest.evaluation.score(metric, "lenta")
        chance = trained.manifest.evaluation.score(metric, "random")
        assert ours is not None
        assert chance is not None
        assert ours.low is not None
        assert ours.low > chance.value


def test_the_same_source_and_seed_give_the_same_files(trained: Trained, tmp_path: Path) -> None:
    manifest = run(RunSettings(str(trained.source), str(tmp_path / "store")), Silent()).manifest
    assert manifest.files == trained.manifest.files
    assert manifest.evaluation == trained.manifest.evaluation
    assert manifest.recipe == trained.manifest.recipe


def test_the_order_of_rows_does_not_change_a_byte(trained: Trained, tmp_path: Path) -> None:
    turned = tmp_path / "tables"
    turned.mkdir()
    order = np.random.default_rng(7)
    for path in trained.source.iterdir():
        table = pq.read_table(path)
        pq.write_table(table.take(order.permutation(len(table))), turned / path.name)
    manifest = run(RunSettings(str(turned), str(tmp_path / "store")), Silent()).manifest
    # The report alone differs: it names the source.
    files, others = (
        [file for file in made.files if file.path != layout.REPORT]
        for made in (manifest, trained.manifest)
    )
    assert files == others
    assert manifest.evaluation == trained.manifest.evaluation
    assert manifest.recipe == trained.manifest.recipe


def test_a_model_as_good_as_the_one_that_serves_follows_it(
    trained: Trained, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(trained.store, tmp_path / "store"))
    # Another name of the same clock: nothing but the recipe differs.
    end = run(RunSettings(str(trained.source), str(store), timezone="Africa/Abidjan"), Silent())
    first, second = trained.manifest, end.manifest
    assert (first.parent, second.parent) == (None, first.release)
    check = second.gate.checks[1]
    assert first.release in check.name
    assert (check.value, check.low, check.passed) == (0.0, 0.0, True)
    channel = read_channel(open_store(str(store)))
    assert channel is not None
    assert [entry.release for entry in channel.history] == [first.release, second.release]


def test_a_model_that_may_be_worse_than_the_one_that_serves_is_published_and_not_served(
    trained: Trained, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(trained.store, tmp_path / "store"))
    end = run(RunSettings(str(trained.source), str(store), most_pairs=10_000), Silent())
    assert (end.trained, end.promoted, end.served) == (True, False, False)
    check = end.manifest.gate.checks[1]
    assert check.low is not None
    assert check.low <= -0.002
    assert "its lower end is not above -0.002" in end.manifest.gate.failure
    channel = read_channel(open_store(str(store)))
    assert channel is not None
    assert channel.arms[0].release == trained.manifest.release
    assert verify(open_release(open_store(str(store)), end.manifest.release)) == ()


def test_a_graph_that_is_not_exact_is_not_published(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Path(shutil.copytree(trained.store, tmp_path / "store"))
    before = contents(store)
    wrong = Exactness(rows=9, differing=2, threshold_rows=5, threshold_differing=1, passed=False)
    monkeypatch.setattr(exactness, "compare", lambda *_: wrong)
    with pytest.raises(ExportError, match="of 9 real rows 2 differ"):
        run(RunSettings(str(trained.source), str(store), most_pairs=10_000), Silent())
    assert contents(store) == before


def test_a_second_run_with_nothing_new_changes_nothing(trained: Trained, tmp_path: Path) -> None:
    store = Path(shutil.copytree(trained.store, tmp_path / "store"))
    before = contents(store)
    end = run(RunSettings(str(trained.source), str(store)), Silent())
    assert end.manifest == trained.manifest
    assert (end.trained, end.promoted, end.served) == (False, False, True)
    assert contents(store) == before


def test_what_readers_get_stays_where_a_run_is_for_another_channel(
    trained: Trained, tmp_path: Path
) -> None:
    shutil.copytree(trained.store, tmp_path / "store")
    places = ["--source", str(trained.source), "--store", str(tmp_path / "store")]
    store = open_store(str(tmp_path / "store"))
    before = read_channel(store)
    assert cli.main(["run", *places, "--channel", "candidates"]) == cli.OK
    assert read_channel(store) == before
    candidate = read_channel(store, "candidates")
    assert candidate is not None
    assert candidate.arms[0].release == trained.manifest.release


def test_a_run_that_died_before_its_promotion_is_finished_by_the_next(
    trained: Trained, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(trained.store, tmp_path / "store"))
    shutil.rmtree(folder / "channels")
    end = run(RunSettings(str(trained.source), str(folder)), Silent())
    assert (end.trained, end.promoted, end.served) == (False, True, True)
    store = open_store(str(folder))
    assert list_releases(store) == [trained.manifest.release]
    channel = read_channel(store)
    assert channel is not None
    assert channel.arms[0].release == trained.manifest.release


def test_a_release_that_somebody_took_back_is_not_promoted_again(
    trained: Trained, tmp_path: Path
) -> None:
    folder = shutil.copytree(trained.store, tmp_path / "store")
    store = open_store(str(folder))
    older = publish(store, draft(), FILES.items(), now=datetime(2020, 1, 1, tzinfo=UTC)).release
    promote(store, older)
    end = run(RunSettings(str(trained.source), str(folder)), Silent())
    assert (end.manifest.release, end.trained) == (trained.manifest.release, False)
    channel = read_channel(store)
    assert channel is not None
    assert channel.arms[0].release == older


def test_a_release_that_cannot_be_read_does_not_hide_the_one_before(
    trained: Trained, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(trained.store, tmp_path / "store"))
    broken = folder / "releases" / "29990101T000000Z-00000000"
    broken.mkdir()
    (broken / layout.MANIFEST).write_text("{")
    assert not run(RunSettings(str(trained.source), str(folder)), Silent()).trained


POPULARITY_IS_ALL = "UPDATE feed_data SET target = (post_id % 5 = 0)::INTEGER"
"""Some posts are liked by everyone and no other ever: nothing ranks better than popularity."""


def test_a_release_that_is_no_better_than_popularity_is_served_only_when_forced(
    tmp_path: Path,
) -> None:
    source = write_tables(tmp_path / "source", POPULARITY_IS_ALL)
    settings = RunSettings(str(source), str(tmp_path / "store"))
    store = open_store(settings.store)
    first = run(settings, Silent())
    assert (first.trained, first.promoted, first.served) == (True, False, False)
    assert list_releases(store) == [first.manifest.release]
    assert read_channel(store) is None

    before = contents(tmp_path / "store")
    again = run(settings, Silent())
    assert (again.trained, again.promoted, again.served) == (False, False, False)
    assert contents(tmp_path / "store") == before

    promote(store, first.manifest.release, force="nothing can be better")
    assert run(settings, Silent()).served


def test_the_command_says_by_its_exit_code_whether_the_release_is_served(
    trained: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = tmp_path / "report.md"
    monkeypatch.setenv("LENTA_SOURCE", str(trained.source))
    monkeypatch.setenv("LENTA_STORE", str(shutil.copytree(trained.store, tmp_path / "store")))
    assert cli.main(["run", "--report", str(report)]) == cli.OK
    assert capsys.readouterr().out == report.read_text()
    assert report.read_text().startswith(f"Nothing new since release {trained.manifest.release}:")

    monkeypatch.setenv("LENTA_SOURCE", str(write_tables(tmp_path / "source", POPULARITY_IS_ALL)))
    monkeypatch.setenv("LENTA_STORE", str(tmp_path / "another store"))
    assert cli.main(["run", "--report", str(report)]) == cli.NOT_SERVED
    assert report.read_text().splitlines()[0] in capsys.readouterr().out.splitlines()
    assert f"--store '{tmp_path}/another store' --force REASON" in report.read_text()


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        ({}, "where are the tables? Say --source, or set LENTA_SOURCE"),
        ({"LENTA_SOURCE": ""}, "where are the tables? Say --source, or set LENTA_SOURCE"),
        ({"LENTA_SOURCE": "x"}, "where shall the release go? Say --store, or set LENTA_STORE"),
    ],
)
def test_a_source_and_a_store_are_needed(
    places: dict[str, str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("LENTA_SOURCE", "LENTA_STORE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        cli.main(["run"])
    assert ended.value.code == cli.USAGE
    assert sentence in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_said_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--source", str(tmp_path), "--store", str(tmp_path / "store")]
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", *places, "--report", str(tmp_path / "absent" / "report.md")])
    assert ended.value.code == cli.USAGE
    assert "absent/report.md: No such file or directory" in capsys.readouterr().err


def test_the_report_of_a_run_without_a_result_says_so(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    report.write_text("Release of yesterday is served\n")
    places = ["--source", str(tmp_path / "absent"), "--store", str(tmp_path / "store")]
    assert cli.main(["run", *places, "--report", str(report)]) == cli.FAILED
    assert report.read_text() == "The run came to no result; its log says why.\n"


def test_a_source_that_cannot_be_trained_from_changes_nothing(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "source", "UPDATE feed_data SET target = 0")
    with pytest.raises(SourceError, match="no like at all"):
        run(RunSettings(str(folder), str(tmp_path / "store")), Silent())
    assert not list((tmp_path).glob("store/**/*.*"))


def test_a_tiny_network_gets_a_release_too(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "source")
    manifest = run(RunSettings(str(folder), str(tmp_path / "store")), Silent()).manifest
    store = open_store(str(tmp_path / "store"))
    assert list_releases(store) == [manifest.release]
    assert manifest.file(layout.users_file(0)).size > 0


def test_the_command_line_says_what_is_wrong_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_tables(tmp_path / "source", "DELETE FROM feed_data")
    code = cli.main(["run", "--source", str(folder), "--store", str(tmp_path / "store")])
    assert code == cli.FAILED
    assert "the table feed_data has no view at all" in capsys.readouterr().err


def test_a_store_that_cannot_be_reached_has_its_own_exit_code(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    code = cli.main(["run", "--source", str(trained.source), "--store", "s3://bucket/prefix"])
    assert code == cli.UNAVAILABLE
    assert "http://127.0.0.1:1" in failure(capsys.readouterr().err)


def test_passwords_never_reach_the_manifest() -> None:
    settings = RunSettings("postgresql://me:secret@host:5432/db?sslpassword=hidden", "")
    assert settings.source_without_secrets == "postgresql://host:5432/db"
    assert replace(settings, source="some/folder").source_without_secrets == "some/folder"


def test_help_works_without_loading_anything_heavy() -> None:
    code = "import sys; from train import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass\n"
    check = (
        "assert not {'lightgbm', 'sklearn', 'duckdb', 'matplotlib', 'jinja2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code + check], check=True, capture_output=True)
