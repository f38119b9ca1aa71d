import hashlib
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from artifacts.channel import read_channel
from artifacts.cli import FAILED, NOT_FOUND, OK, UNAVAILABLE, USAGE, main
from artifacts.moves import promote
from artifacts.publish import publish
from artifacts.release import list_releases
from artifacts.stores import ObjectStore, open_store
from tests.artifacts.conftest import Tamper
from tests.artifacts.examples import FILES, NOW, draft

ABSENT = "20261124T040500Z-00000000"


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    # The commands see no difference between stores; one test below goes through S3.
    return str(tmp_path / "store")


@pytest.fixture
def release(store: ObjectStore) -> str:
    return publish(store, draft(), FILES.items(), now=NOW).release


def test_exit_codes_are_the_documented_ones() -> None:
    assert (OK, FAILED, USAGE, NOT_FOUND, UNAVAILABLE) == (0, 1, 2, 3, 4)


def test_the_list_shows_each_release_and_where_it_serves(
    store: ObjectStore, store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    promote(store, release)
    promote(store, release, channel="staging")
    assert main(["list", "--store", store_url]) == OK
    heading, row = capsys.readouterr().out.splitlines()
    assert " ".join(heading.split()) == (
        "release made (UTC) data until model hit rate@5 gate size serves"
    )
    assert " ".join(row.split()) == (
        f"{release} 2026-11-24 04:05 2026-11-23 00:00 "
        f"{hashlib.sha256(FILES['ranker.onnx']).hexdigest()[:8]} 0.5731 passed 40 B "
        "production, staging"
    )


def test_the_list_shows_broken_releases_and_no_unfinished_ones(
    store_url: str, release: str, tamper: Tamper, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(f"releases/{ABSENT}/manifest.json", b"{")
    tamper("releases/20261124T040500Z-11111111/ranker.onnx", b"")
    assert main(["list", "--store", store_url]) == OK
    output = capsys.readouterr()
    rows = [line.split()[:2] for line in output.out.splitlines()[1:]]
    assert sorted(rows) == sorted([[ABSENT, "broken"], [release, "2026-11-24"]])
    assert output.err.startswith(f"artifacts: release {ABSENT}: the manifest is unreadable")


def test_the_list_names_broken_channels(
    store_url: str, release: str, tamper: Tamper, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper("channels/production.json", b"{")
    assert main(["list", "--store", store_url]) == OK
    output = capsys.readouterr()
    assert release in output.out
    assert output.err.startswith("artifacts: channel production: the channel is unreadable")


def test_the_list_of_an_empty_store_says_so(
    store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--store", store_url]) == OK
    assert capsys.readouterr().out == f"no releases in {store_url}\n"


def test_a_release_is_shown_by_id_or_by_channel(
    store: ObjectStore, store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    promote(store, release)
    assert main(["show", release, "--store", store_url]) == OK
    by_id = capsys.readouterr().out
    assert main(["show", "production", "--store", store_url]) == OK
    assert capsys.readouterr().out == by_id
    for fact in (
        release,
        "2026-11-23 00:00:00, Europe/Moscow",
        "12 rows of feed_data: of unknown readers",
        "0 of 500,000 rows differ",
        "gate        passed\n            the gain in hit_rate@5 is +0.0218, above 0\n",
        f"recipe      {'ab' * 32}\n",
        "hit_rate@5 of lenta: 0.5731 (0.5600 to 0.5800)",
        "hit_rate@5 of random: 0.3000\n",
        "users/00001.parquet  11 B",
    ):
        assert fact in by_id


def test_the_manifest_is_shown_as_it_is_stored(
    store: ObjectStore, store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", release, "--json", "--store", store_url]) == OK
    stored = store.read(f"releases/{release}/manifest.json").data
    assert capsys.readouterr().out.encode() == stored


def test_a_whole_release_is_verified(
    store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", release, "--store", store_url]) == OK
    assert capsys.readouterr().out == f"{release} is whole: 5 files, 40 B\n"


def test_verifying_fails_with_everything_that_is_wrong(
    store_url: str, release: str, tamper: Tamper, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(f"releases/{release}/ranker.onnx", b"A graph")
    tamper(f"releases/{release}/posts.parquet", None)
    assert main(["verify", release, "--store", store_url]) == FAILED
    assert capsys.readouterr().err == (
        f"artifacts: ranker.onnx of release {release} was changed: "
        "its sha256 is not the manifest's\n"
        f"artifacts: posts.parquet of release {release} is missing\n"
    )


def test_a_release_is_promoted(
    store: ObjectStore, store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["promote", release, "--store", store_url]) == OK
    assert capsys.readouterr().out.startswith(f"production serves {release} since 20")
    channel = read_channel(store)
    assert channel is not None
    assert channel.arms[0].release == release


def test_a_release_whose_gate_failed_is_shown_and_promoted_only_with_a_reason(
    store: ObjectStore, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    release = publish(store, draft(good=False), FILES.items(), now=NOW).release
    assert main(["list", "--store", store_url]) == OK
    assert " 0.5731 failed " in " ".join(capsys.readouterr().out.split())
    assert main(["promote", release, "--store", store_url]) == FAILED
    assert capsys.readouterr().err == (
        "artifacts: the gate did not pass: the gain in hit_rate@5 is -0.0031, not above 0; "
        "promoted with a reason (--force) it is served all the same\n"
    )
    assert main(["promote", release, "--store", store_url, "--force", "a holiday"]) == OK
    channel = read_channel(store)
    assert channel is not None
    assert channel.history[-1].forced == "a holiday"


def test_a_blank_reason_is_none(
    store: ObjectStore, store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["promote", release, "--store", store_url, "--force", " "])
    assert raised.value.code == USAGE
    assert "argument --force: say why" in capsys.readouterr().err
    assert read_channel(store) is None


@pytest.mark.parametrize("command", ["show", "verify", "promote"])
def test_a_broken_manifest_fails(
    store_url: str, release: str, tamper: Tamper, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(f"releases/{release}/manifest.json", b"[]")
    assert main([command, release, "--store", store_url]) == FAILED
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["show", ABSENT], ["show", "staging"], ["verify", ABSENT], ["promote", ABSENT]]
)
def test_what_is_not_there_is_not_found(
    store_url: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--store", store_url]) == NOT_FOUND
    error = capsys.readouterr().err
    assert error.startswith("artifacts: there is no release")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--store", "gs://bucket"],
        ["promote", "latest", "--store", "/nowhere"],
        ["show", "../production", "--store", "/nowhere"],
    ],
)
def test_a_name_that_cannot_be_is_wrong_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == USAGE
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["list"], ["destroy", "--store", "x"]])
def test_arguments_that_are_none_are_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == USAGE


def test_a_roll_back_says_what_serves(
    store: ObjectStore, store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = publish(store, draft(), FILES.items()).release
    promote(store, release)
    promote(store, newer)
    assert main(["rollback", "--store", store_url]) == OK
    assert capsys.readouterr().out.startswith(f"production serves {release} since 20")
    assert main(["rollback", "--store", store_url]) == NOT_FOUND
    assert "remembers nothing before" in capsys.readouterr().err


def test_an_experiment_is_started_and_shown(
    store: ObjectStore, store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = publish(store, draft(), FILES.items()).release
    promote(store, release)
    arguments = ["experiment", "bigger", "--store", store_url]
    arms = ["--arm", f"new={newer}:0.25", "--arm", f"drawn={newer}:0.05"]
    assert main([*arguments, *arms, "--explore", "drawn=0.5"]) == OK
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("production compares bigger since 20")
    assert rest == [
        f"  control: {release} to 0.7 of the readers",
        f"  new: {newer} to 0.25 of the readers",
        f"  drawn: {newer} to 0.05 of the readers, drawn at temperature 0.5",
    ]
    assert main(["list", "--store", store_url]) == OK
    assert "production new 25%, production drawn 5%" in capsys.readouterr().out


def test_moves_are_made_on_the_channel_that_is_named(
    store: ObjectStore, store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = publish(store, draft(), FILES.items()).release
    staging = ["--channel", "staging", "--store", store_url]
    arm = ["--arm", f"new={newer}:0.25"]
    assert main(["promote", release, *staging]) == OK
    assert main(["promote", newer, *staging]) == OK
    assert main(["experiment", "bigger", *arm, *staging]) == OK
    assert main(["rollback", *staging]) == OK
    assert main(["rollback", *staging]) == OK
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said if not line.startswith(" ")] == ["staging"] * 5
    assert said[-1].startswith(f"staging serves {release} since ")
    assert read_channel(store) is None


def test_a_failed_gate_needs_a_reason_in_an_experiment_too(
    store: ObjectStore, store_url: str, release: str
) -> None:
    bad = publish(store, draft(good=False), FILES.items()).release
    promote(store, release)
    command = ["experiment", "bigger", "--arm", f"new={bad}:0.25", "--store", store_url]
    assert main(command) == FAILED
    assert main([*command, "--force", "to find out"]) == OK
    channel = read_channel(store)
    assert channel is not None
    assert channel.experiment is not None
    assert channel.experiment.forced == "to find out"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--arm", f"new={ABSENT}"], f"'new={ABSENT}' is not NAME=ID:SHARE"),
        (["--arm", f"a=b={ABSENT}:0.5"], "release: Value error, not a release id like"),
        (["--arm", f"new={ABSENT}:1:0.5"], "not a release id like"),
        (["--arm", f"new={ABSENT}:0.5", "--explore", "a"], "'a' is not NAME=TEMPERATURE"),
        (["--arm", f"new={ABSENT}:0.5", "--explore", "old=1"], "old: there is no such arm"),
    ],
)
def test_what_is_wrong_with_an_arm_is_said(
    store_url: str,
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with suppress(SystemExit):
        main(["experiment", "bigger", *arguments, "--store", store_url])
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--arm", "new"],
        ["--arm", f"new={ABSENT}:many"],
        ["--arm", f"new={ABSENT}:2"],
        ["--arm", f"=:{ABSENT}:0.5"],
        ["--arm", f"new={ABSENT}:0.5", "--explore", "new=warm"],
        ["--arm", f"new={ABSENT}:0.5", "--explore", "new=-1"],
        ["--arm", f"new={ABSENT}:0.5", "--explore", "newer=1"],
        [],
    ],
)
def test_arms_that_cannot_be_are_wrong_usage(store_url: str, arguments: list[str]) -> None:
    try:
        code: object = main(["experiment", "bigger", *arguments, "--store", store_url])
    except SystemExit as raised:
        code = raised.code
    assert code == USAGE


def test_a_collection_says_what_it_removes_and_a_dry_run_what_it_would(
    store: ObjectStore, store_url: str, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    long_ago = NOW - timedelta(days=400)
    stale = publish(store, draft(), FILES.items(), now=long_ago).release
    left = f"{long_ago:%Y%m%dT%H%M%SZ}-00000000"
    store.create(f"releases/{left}/ranker.onnx", b"")
    promote(store, release)
    told = [
        f"{left}: 1 files, left behind by a publisher that died",
        f"{stale}: {len(FILES) + 1} files",
    ]
    assert main(["collect", "--dry-run", "--keep", "1", "--store", store_url]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == sorted(f"would remove {each}" for each in told)
    assert main(["collect", "--store", store_url]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == sorted(f"removed {each}" for each in told)
    assert main(["collect", "--store", store_url]) == OK
    assert capsys.readouterr().out == "nothing to remove\n"


def test_a_collection_keeps_as_many_as_are_named(
    store: ObjectStore, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ages = [NOW - timedelta(days=days) for days in (403, 402, 401)]
    old = [publish(store, draft(), FILES.items(), now=age).release for age in ages]
    for each in old:
        promote(store, each)
    assert main(["collect", "--keep", "2", "--store", store_url]) == OK
    assert capsys.readouterr().out.startswith(f"removed {old[0]}: ")
    assert list_releases(store) == old[1:]


@pytest.mark.parametrize("number", ["0", "-1", "all", "1.5", "²", "٣"])
def test_a_collection_keeps_at_least_one(
    store_url: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["collect", f"--keep={number}", "--store", store_url])
    assert raised.value.code == USAGE
    assert f"{number!r} is no number from 1" in capsys.readouterr().err


def test_a_bucket_is_a_store_like_any(s3_bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"s3://{s3_bucket}/lenta"
    release = publish(open_store(url), draft(), FILES.items(), now=NOW).release
    assert main(["verify", release, "--store", url]) == OK
    assert main(["promote", release, "--store", url]) == OK
    assert main(["list", "--store", url]) == OK
    assert capsys.readouterr().out.rstrip().endswith("production")


@pytest.mark.usefixtures("s3_bucket")
def test_a_store_that_does_not_answer_is_unavailable() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "artifacts", "list", "--store", "s3://there-is-no-such-bucket"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == UNAVAILABLE
    assert run.stdout == ""
    assert run.stderr == (
        "artifacts: s3://there-is-no-such-bucket/releases/: S3 answered NoSuchBucket (HTTP 404)\n"
    )
