"""A refresh gives the model that is served newer features, or changes nothing."""

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from artifacts import layout
from artifacts.channel import Arm, Channel, read_channel
from artifacts.errors import BrokenRelease
from artifacts.experiment import start
from artifacts.manifest import Manifest, ManifestDraft
from artifacts.moves import promote, rollback
from artifacts.publish import publish
from artifacts.release import list_releases, open_release, verify
from artifacts.stores import ObjectStore, open_store
from tests.support.releases import Trained
from tests.train.growing import grown
from train import cli
from train.errors import RefreshError
from train.evaluation.served import what_serves
from train.features.encoders import encoders_file, read_encoders
from train.features.rows import feature_matrix
from train.features.schema import Schema
from train.progress import Silent
from train.recipe import features_digest
from train.refresh.outcome import Refreshed, verdict
from train.refresh.refresh import refresh
from train.run import run
from train.settings import RunSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def later(demo_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables an hour later."""
    return grown(demo_source, tmp_path_factory.mktemp("later") / "tables")


@pytest.fixture
def folder(trained: Trained, tmp_path: Path) -> Path:
    """A store that serves the trained release."""
    return Path(shutil.copytree(trained.store, tmp_path / "store"))


@pytest.fixture
def store(folder: Path) -> ObjectStore:
    return open_store(str(folder))


def refreshed(source: Path, store: Path) -> Refreshed:
    return refresh(RunSettings(str(source), str(store)), Silent())


def only(outcome: Refreshed) -> Manifest:
    [successor] = outcome.successors
    return successor.manifest


def channel_of(store: ObjectStore) -> Channel:
    found = read_channel(store)
    assert found is not None
    return found


def served(store: ObjectStore) -> list[str]:
    return [arm.release for arm in channel_of(store).arms]


def files_of(store: ObjectStore, release: str) -> dict[str, bytes]:
    found = open_release(store, release)
    return {entry.path: found.read(entry.path) for entry in found.manifest.files}


def published(store: ObjectStore, manifest: Manifest, **other: bytes | None) -> Manifest:
    """A copy of the release, with other bytes for some of its files, or without one."""
    named = {path.replace("__", "."): data for path, data in other.items()}
    files = {**files_of(store, manifest.release), **named}
    draft = ManifestDraft.model_validate(
        {name: getattr(manifest, name) for name in ManifestDraft.model_fields}
    )
    return publish(store, draft, [(path, data) for path, data in files.items() if data is not None])


def without_digest(store: ObjectStore, manifest: Manifest) -> Manifest:
    """A copy of the release, of which nobody knows what tables it was made from."""
    data = manifest.data.model_copy(update={"digest": None})
    return published(store, manifest.model_copy(update={"data": data}))


def table(data: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(data))


def rows(files: dict[str, bytes], kind: str, columns: tuple[str, ...]) -> dict[int, Any]:
    """id → the values of each feature."""
    paths = {"post": [layout.POSTS], "user": sorted(path for path in files if "users/" in path)}
    read = pa.concat_tables([table(files[path]) for path in paths[kind]])
    values = feature_matrix(read, columns)
    return dict(zip(read[f"{kind}_id"].to_pylist(), values, strict=True))


def test_where_nothing_is_new_nothing_is_published(
    trained: Trained, folder: Path, store: ObjectStore
) -> None:
    outcome = refreshed(trained.source, folder)
    release = trained.manifest.release
    assert outcome.served
    assert verdict(outcome) == f"Nothing new since release {release}: nothing was published"
    assert list_releases(store) == [release]
    assert served(store) == [release]


def test_of_the_same_tables_a_refresh_makes_the_very_same_files(
    trained: Trained, folder: Path, store: ObjectStore
) -> None:
    promote(store, without_digest(store, trained.manifest).release)
    made = only(refreshed(trained.source, folder))
    of_the_run = {entry.path: entry.sha256 for entry in trained.manifest.files}
    del of_the_run[layout.REPORT]
    assert {entry.path: entry.sha256 for entry in made.files} == of_the_run
    assert made.data == trained.manifest.data


def test_the_model_stays_and_the_release_says_where_it_was_trained(
    trained: Trained, later: Path, folder: Path, store: ObjectStore
) -> None:
    outcome = refreshed(later, folder)
    made, parent = only(outcome), trained.manifest
    assert outcome.served
    assert served(store) == [made.release]
    assert verdict(outcome) == f"Release {made.release} is served in place of {parent.release}"
    assert (made.parent, made.trained_in) == (parent.release, parent.release)
    for path in (layout.RANKER, layout.ENCODERS, layout.PAST):
        assert made.file(path) == parent.file(path)
    assert (made.evaluation, made.exactness) == (parent.evaluation, parent.exactness)
    assert made.recipe != parent.recipe
    assert made.data.until > parent.data.until
    assert (made.data.readers, made.data.posts) == (1_501, 303)
    assert made.gate.passed
    assert len(made.gate.checks) == 7
    assert {stage.name for stage in made.stages} >= {"reading the tables", "making features"}
    assert verify(open_release(store, made.release)) == ()


def test_features_that_depend_on_no_fit_are_those_that_a_run_computes(
    trained: Trained, later: Path, folder: Path, store: ObjectStore, tmp_path: Path
) -> None:
    made = files_of(store, only(refreshed(later, folder)).release)
    again = run(RunSettings(str(later), str(tmp_path / "other")), Silent()).manifest
    fresh = files_of(open_store(str(tmp_path / "other")), again.release)
    schema = Schema(trained.manifest.features.topics)
    fitted = ("text_", "taste_", "early_of_", "likes_of_", "country_size", "city_size")
    for kind, columns in (("user", schema.reader), ("post", schema.post)):
        chosen = [
            place
            for place, name in enumerate(columns)
            if name == "text_length" or not name.startswith(fitted)
        ]
        ours, theirs = (rows(files, kind, columns) for files in (made, fresh))
        assert ours.keys() == theirs.keys()
        for key, row in ours.items():
            assert np.array_equal(row[chosen], theirs[key][chosen], equal_nan=True)
    for path in made:
        if path.startswith("users/"):
            assert table(made[path])[layout.LIKED] == table(fresh[path])[layout.LIKED]
    assert table(made[layout.POSTS])[layout.FRESH].to_pylist().count(True) > 0


def test_what_was_fitted_stays_as_it_was(
    trained: Trained, later: Path, folder: Path, store: ObjectStore
) -> None:
    before = files_of(store, trained.manifest.release)
    made = files_of(store, only(refreshed(later, folder)).release)
    features = trained.manifest.features
    for kind, columns, name in (
        ("post", features.post, "text_"),
        ("user", features.reader, "country_size"),
        ("user", features.reader, "city_size"),
    ):
        places = [place for place, column in enumerate(columns) if column.startswith(name)]
        places = [place for place in places if columns[place] != "text_length"]
        old, new = (rows(files, kind, columns) for files in (before, made))
        for key, row in old.items():
            assert np.array_equal(row[places], new[key][places], equal_nan=True)


def test_a_refresh_follows_a_refresh(
    trained: Trained, later: Path, folder: Path, store: ObjectStore, tmp_path: Path
) -> None:
    first = only(refreshed(later, folder))
    assert refreshed(later, folder).successors == ()
    more = 'INSERT INTO feed_data SELECT * REPLACE ("timestamp" + INTERVAL 1 MINUTE AS "timestamp")'
    latest = grown(later, tmp_path / "latest", f"{more} FROM feed_data LIMIT 50")
    second = only(refreshed(latest, folder))
    assert (second.parent, second.trained_in) == (first.release, trained.manifest.release)
    assert second.file(layout.RANKER) == trained.manifest.file(layout.RANKER)
    assert served(store) == [second.release]


def test_the_next_run_is_measured_against_the_model_of_a_refreshed_release(
    later: Path, trained: Trained, folder: Path, store: ObjectStore
) -> None:
    made = only(refreshed(later, folder))
    serving = what_serves(store, channel_of(store), Schema(trained.manifest.features.topics))
    assert serving is not None
    assert (serving.release, serving.obstacle) == (made.release, "")
    assert serving.past is not None
    assert serving.since == trained.manifest.evaluation.test_since
    before = list_releases(store)
    ended = run(RunSettings(str(trained.source), str(folder)), Silent())
    assert (ended.manifest, ended.trained) == (trained.manifest, False)
    assert list_releases(store) == before


def test_where_nothing_is_served_there_is_nothing_to_refresh(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--source", str(trained.source), "--store", str(tmp_path / "store")]
    assert cli.main(["refresh", *places]) == cli.FAILED
    assert "the channel production serves nothing yet" in capsys.readouterr().err
    assert not (tmp_path / "store" / "releases").exists()


def test_a_topic_that_the_model_does_not_know_needs_a_run(
    trained: Trained, folder: Path, store: ObjectStore, tmp_path: Path
) -> None:
    change = "UPDATE post_text_df SET topic = 'chess' WHERE post_id = 1000"
    change = change.replace("1000", "(SELECT min(post_id) FROM post_text_df)")
    source = grown(trained.source, tmp_path / "tables", change)
    with pytest.raises(RefreshError, match=r"the topic 'chess' is new: .*`train run`"):
        refreshed(source, folder)
    assert list_releases(store) == [trained.manifest.release]


def test_a_release_without_encoders_cannot_be_refreshed(
    trained: Trained, folder: Path, store: ObjectStore
) -> None:
    older = published(store, trained.manifest, encoders__parquet=None)
    promote(store, older.release)
    with pytest.raises(RefreshError, match=f"{older.release} has no encoders.parquet"):
        refreshed(trained.source, folder)


def test_a_release_whose_features_were_made_by_other_code_cannot_be_refreshed(
    trained: Trained, folder: Path, store: ObjectStore
) -> None:
    encoders, made_by = read_encoders(files_of(store, trained.manifest.release)[layout.ENCODERS])
    assert made_by == features_digest()
    other = published(store, trained.manifest, encoders__parquet=encoders_file(encoders, "0" * 64))
    promote(store, other.release)
    with pytest.raises(RefreshError, match="made by another version of Lenta"):
        refreshed(trained.source, folder)


def test_a_release_whose_model_wants_other_features_cannot_be_refreshed(
    trained: Trained, folder: Path, store: ObjectStore
) -> None:
    features = trained.manifest.features
    fewer = features.model_copy(update={"model": features.model[1:]})
    other = published(store, trained.manifest.model_copy(update={"features": fewer}))
    promote(store, other.release)
    with pytest.raises(RefreshError, match="wants other features"):
        refreshed(trained.source, folder)


def test_broken_encoders_are_no_encoders(
    trained: Trained, folder: Path, store: ObjectStore
) -> None:
    other = published(store, trained.manifest, encoders__parquet=b"PAR1")
    promote(store, other.release)
    with pytest.raises(BrokenRelease, match=r"encoders\.parquet holds no encoders"):
        refreshed(trained.source, folder)


@pytest.mark.parametrize("path", [layout.RANKER, layout.POSTS, layout.ENCODERS])
def test_a_file_of_the_parent_that_was_changed_stops_the_refresh(
    later: Path, trained: Trained, folder: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / layout.release_key(trained.manifest.release, path)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    code = cli.main(["refresh", "--source", str(later), "--store", str(folder)])
    assert code == cli.FAILED
    assert f"{path} of release {trained.manifest.release} was changed" in capsys.readouterr().err


LOST = {
    "DELETE FROM user_data WHERE user_id % 5 = 0": "the number of readers over that",
    "UPDATE user_data SET age = NULL WHERE user_id % 5 = 0": "readers whose age is known",
    "DELETE FROM feed_data WHERE \"timestamp\" > DATE '2021-10-09'": "the number of views over",
}


@pytest.mark.parametrize("change", LOST)
def test_tables_that_have_lost_much_are_served_only_when_forced(
    trained: Trained, folder: Path, store: ObjectStore, tmp_path: Path, change: str
) -> None:
    source = grown(trained.source, tmp_path / "tables", change)
    outcome = refreshed(source, folder)
    made = only(outcome)
    assert not outcome.served
    assert served(store) == [trained.manifest.release]
    assert LOST[change] in made.gate.failure
    assert f"promote {made.release} --store {folder} --force REASON" in verdict(outcome)

    again = refreshed(source, folder)
    assert [successor.made for successor in again.successors] == [False]
    assert (only(again), again.served) == (made, False)
    promote(store, made.release, force="they have left us")
    assert refreshed(source, folder).successors == ()


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once, after the first release was published and before it is served."""
    left = [happens]

    def publish_then(*arguments: Any) -> Manifest:
        made = publish(*arguments)
        while left:
            left.pop()()
        return made

    monkeypatch.setattr("train.refresh.refresh.publish", publish_then)


def test_of_two_refreshes_at_once_one_is_served(
    later: Path,
    folder: Path,
    store: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others: list[Refreshed] = []
    # The other one cannot know what is published already: it looks at what was there before.
    monkeypatch.setattr("train.refresh.parent.manifests", lambda _store: iter(()))
    meanwhile(monkeypatch, lambda: others.append(refreshed(later, folder)))
    ours = refreshed(later, folder)
    assert others[0].served
    assert not ours.served
    assert served(store) == [only(others[0]).release]
    assert "published and not served: channel production does not serve" in verdict(ours)
    assert refreshed(later, folder).successors == ()


def test_a_model_that_was_promoted_meanwhile_stays(
    trained: Trained,
    later: Path,
    folder: Path,
    store: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    another = published(store, trained.manifest)
    meanwhile(monkeypatch, lambda: promote(store, another.release))
    code = cli.main(["refresh", "--source", str(later), "--store", str(folder)])
    assert code == cli.NOT_SERVED
    assert served(store) == [another.release]
    ours = refreshed(later, folder)
    assert verdict(ours) == f"Release {only(ours).release} is served in place of {another.release}"
    assert served(store) == [only(ours).release]


def test_a_refresh_that_died_before_it_was_served_is_finished_by_the_next(
    later: Path, folder: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    meanwhile(monkeypatch, die)
    with pytest.raises(KeyboardInterrupt):
        refreshed(later, folder)
    [made] = set(list_releases(store)) - set(served(store))
    outcome = refreshed(later, folder)
    assert [successor.made for successor in outcome.successors] == [False]
    assert served(store) == [made]


def test_what_somebody_took_back_is_not_served_again(
    trained: Trained, later: Path, folder: Path, store: ObjectStore
) -> None:
    made = only(refreshed(later, folder))
    rollback(store)
    outcome = refreshed(later, folder)
    assert outcome.successors == ()
    assert made.release in verdict(outcome)
    assert served(store) == [trained.manifest.release]


def test_the_arms_of_an_experiment_are_refreshed_together(
    trained: Trained, later: Path, folder: Path, store: ObjectStore
) -> None:
    other = run(
        RunSettings(str(trained.source), str(folder), channel="staging", most_pairs=10_000),
        Silent(),
    ).manifest
    arms = [
        Arm(name="fewer", release=other.release, share=0.25),
        Arm(name="same", release=trained.manifest.release, share=0.25, temperature=0.5),
    ]
    before = start(store, "pairs", arms, force="it is a test")
    outcome = refreshed(later, folder)
    assert outcome.served
    assert len(outcome.successors) == 2
    after = channel_of(store)
    successor_of = {made.manifest.parent: made.manifest for made in outcome.successors}
    for arm, was in zip(after.arms, before.arms, strict=True):
        made = successor_of[was.release]
        assert arm == was.model_copy(update={"release": made.release})
        assert made.file(layout.RANKER) == open_release(store, was.release).manifest.file(
            layout.RANKER
        )
    assert after.experiment == before.experiment
    assert refreshed(later, folder).successors == ()


def test_arms_are_refreshed_all_or_none(
    trained: Trained, later: Path, folder: Path, store: ObjectStore
) -> None:
    many = trained.manifest.data.model_copy(update={"posts": 9_999})
    encoders, made_by = read_encoders(files_of(store, trained.manifest.release)[layout.ENCODERS])
    file = encoders_file(replace(encoders, places=encoders.places.slice(1)), made_by)
    other = published(
        store, trained.manifest.model_copy(update={"data": many}), encoders__parquet=file
    )
    arms = [Arm(name="many", release=other.release, share=0.5)]
    before = start(store, "posts", arms)
    outcome = refreshed(later, folder)
    assert not outcome.served
    assert channel_of(store) == before
    assert "has not passed its gate" in verdict(outcome)
    assert "--force REASON" in verdict(outcome)


def test_arms_of_different_clocks_are_not_refreshed(
    trained: Trained, later: Path, folder: Path, store: ObjectStore
) -> None:
    other = published(store, trained.manifest.model_copy(update={"timezone": "Europe/Moscow"}))
    start(store, "clocks", [Arm(name="east", release=other.release, share=0.5)])
    with pytest.raises(RefreshError, match="of different clocks, Europe/Moscow and UTC"):
        refreshed(later, folder)


def test_the_command_says_what_it_did(
    later: Path, trained: Trained, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.md"
    command = ["refresh", "--source", str(later), "--store", str(folder), "--report", str(report)]
    assert cli.main(command) == cli.OK
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == report.read_text().splitlines()[0]
    assert f"its evaluation are those of release {trained.manifest.release}" in said
    assert "the share of the best 5 of 200 readers that stays is" in said
    assert cli.main(command) == cli.OK
    assert report.read_text().startswith("Nothing new since release ")
