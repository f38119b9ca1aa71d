"""A run publishes a whole, exact release, or changes nothing."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.manifest import Gate
from artifacts.release import list_releases, open_release, verify
from artifacts.stores import open_store
from tests.support.releases import Trained
from tests.train.tables import write_tables
from train import cli
from train.errors import ExportError, SourceError
from train.export import gate
from train.progress import Silent
from train.run import run
from train.settings import RunSettings


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
    assert manifest.gate.passed
    assert manifest.gate.rows >= 500_000
    measured = {(score.metric, score.model) for score in manifest.evaluation.scores}
    assert measured == {
        (metric, model)
        for metric in ("hit_rate@5", "ndcg@5", "auc")
        for model in ("lenta", "popularity", "random")
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
    manifest = run(RunSettings(str(trained.source), str(tmp_path / "store")), Silent())
    assert manifest.files == trained.manifest.files
    assert manifest.evaluation == trained.manifest.evaluation


def test_a_second_run_names_the_first_as_its_parent(trained: Trained, tmp_path: Path) -> None:
    settings = RunSettings(str(trained.source), str(tmp_path / "store"), most_pairs=10_000)
    first = run(settings, Silent())
    second = run(settings, Silent())
    assert (first.parent, second.parent) == (None, first.release)
    channel = read_channel(open_store(settings.store))
    assert channel is not None
    assert [entry.release for entry in channel.history] == [first.release, second.release]


def test_a_graph_that_is_not_exact_is_not_published(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = RunSettings(str(trained.source), str(tmp_path / "store"), most_pairs=10_000)
    run(settings, Silent())
    before = contents(tmp_path / "store")
    wrong = Gate(rows=9, differing=2, threshold_rows=5, threshold_differing=1, passed=False)
    monkeypatch.setattr(gate, "compare", lambda *_: wrong)
    with pytest.raises(ExportError, match="of 9 real rows 2 differ"):
        run(settings, Silent())
    assert contents(tmp_path / "store") == before


def test_a_source_that_cannot_be_trained_from_changes_nothing(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "source", "UPDATE feed_data SET target = 0")
    with pytest.raises(SourceError, match="no like at all"):
        run(RunSettings(str(folder), str(tmp_path / "store")), Silent())
    assert not list((tmp_path).glob("store/**/*.*"))


def test_a_tiny_network_gets_a_release_too(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "source")
    manifest = run(RunSettings(str(folder), str(tmp_path / "store")), Silent())
    store = open_store(str(tmp_path / "store"))
    assert list_releases(store) == [manifest.release]
    assert manifest.file(layout.users_file(0)).size > 0


def test_the_command_line_says_what_is_wrong_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_tables(tmp_path / "source", "DELETE FROM feed_data")
    code = cli.main(["run", "--source", str(folder), "--store", str(tmp_path / "store")])
    assert code == cli.FAILED
    assert "train: the table feed_data has no view at all" in capsys.readouterr().err


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
    assert "train: " in capsys.readouterr().err


def test_passwords_never_reach_the_manifest() -> None:
    settings = RunSettings("postgresql://me:secret@host:5432/db?sslpassword=hidden", "")
    assert settings.source_without_secrets == "postgresql://host:5432/db"
    assert replace(settings, source="some/folder").source_without_secrets == "some/folder"


def test_help_works_without_loading_anything_heavy() -> None:
    code = "import sys; from train import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass\n"
    check = "assert not {'lightgbm', 'sklearn', 'duckdb'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code + check], check=True, capture_output=True)
