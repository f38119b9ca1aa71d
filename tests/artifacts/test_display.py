"""Releases as people read them, to the letter."""

import hashlib

import pytest
from rich.console import Console

from artifacts import display
from artifacts.channel import CONTROL, Arm, Channel, Experiment
from artifacts.errors import ArtifactError, BrokenRelease
from artifacts.manifest import FileEntry, Manifest
from artifacts.proofs import FirstStage, Recall
from tests.artifacts.examples import FILES, NOW, draft

RELEASE, OTHER = "20261124T040500Z-0123abcd", "20261123T040500Z-4567cdef"
RECALL = Recall(limit=5, value=0.9991, low=0.998, high=1.0, least=0.998, passed=True)
STAGE = FirstStage(
    used=True,
    anchors=64,
    dimensions=16,
    candidates=128,
    requests=500,
    recall=(RECALL,),
    recall_of_strange_readers=(),
)


def made(*, good: bool = True, exact: bool = True, **changed: object) -> Manifest:
    entries = tuple(
        FileEntry(path=path, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        for path, data in FILES.items()
    )
    fields = {
        **dict(draft(good=good, exact=exact)),
        "release": RELEASE,
        "created_at": NOW,
        "files": entries,
    }
    return Manifest.model_validate({**fields, **changed})


def channel(*arms: Arm, experiment: str | None = None) -> Channel:
    return Channel(
        name="production",
        arms=arms or (Arm(name=CONTROL, release=RELEASE, share=1.0),),
        experiment=Experiment(name=experiment, started_at=NOW) if experiment else None,
        history=(),
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_900, "999.9 kB"),
        (1_440_000, "1.4 MB"),
        (2_500_000_000, "2.5 GB"),
        (1_000_000_000_000, "1.0 TB"),
        (3_210_000_000_000_000, "3210.0 TB"),
    ],
)
def test_sizes_are_told_in_the_largest_unit_that_fits(count: int, said: str) -> None:
    assert display.size(count) == said


PAGE = f"""\
release     {RELEASE}
made        2026-11-24 04:05:00 UTC
parent      -
model       {hashlib.sha256(FILES["ranker.onnx"]).hexdigest()[:8]}
recipe      {"ab" * 32}
code        Lenta 0.1.0, commit unknown, Python 3.11.7
libraries   lightgbm 4.7.0
source      postgresql://lenta@db.example/network
period      2026-10-01 06:00:00 to 2026-11-23 00:00:00, Europe/Moscow
            16,000 readers, 7,023 posts
            1,000,000 views, 107,000 likes
dropped     12 rows of feed_data: of unknown readers
features    2 of the reader, 1 of the post
            2 in the model
exactness   passed
            0 of 500,000 rows differ
            0 of 20,000 rows on thresholds differ
gate        passed
            the gain in hit_rate@5 is +0.0218, above 0
tested      2026-11-17 to 2026-11-22
            4,000 slates of 3,000 readers
            hit_rate@5 of lenta: 0.5731 (0.5600 to 0.5800)
            hit_rate@5 of random: 0.3000
files       5, 40 B
""" + "".join(
    f"            {path}  {len(data)} B  {hashlib.sha256(data).hexdigest()}\n"
    for path, data in FILES.items()
)


def test_a_page_tells_all_of_a_release() -> None:
    assert display.text(made()) == PAGE


def test_a_page_tells_what_failed() -> None:
    text = display.text(made(good=False, exact=False))
    assert "exactness   failed\n            3 of 500,000 rows differ\n" in text
    assert (
        "gate        failed\n            the gain in hit_rate@5 is -0.0031, not above 0\n" in text
    )


def test_a_page_tells_parent_commit_model_and_first_stage_where_there_are_such() -> None:
    code = draft().code.model_copy(update={"commit": "abc123", "libraries": {"a": "1", "b": "2"}})
    text = display.text(made(parent=OTHER, trained_in=OTHER, code=code, first_stage=STAGE))
    assert f"parent      {OTHER}\n" in text
    assert f", trained in {OTHER}\n" in text
    assert "code        Lenta 0.1.0, commit abc123, Python 3.11.7\nlibraries   a 1, b 2\n" in text
    assert (
        "            0 of 20,000 rows on thresholds differ\n"
        "first stage 128 candidates are scored exactly: recall@5 0.9991 (0.9980-1.0000)\n"
        "gate        passed\n"
    ) in text


def drawn(table: object) -> list[str]:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table)
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def test_the_table_has_a_row_a_release() -> None:
    rows: list[tuple[str, Manifest | ArtifactError]] = [
        (OTHER, BrokenRelease("unreadable")),
        (RELEASE, made(good=False)),
    ]
    digits = hashlib.sha256(FILES["ranker.onnx"]).hexdigest()[:8]
    assert drawn(display.table(rows, [channel()])) == [
        "release made (UTC) data until model hit rate@5 gate size serves",
        f"{OTHER} broken - - - - -",
        f"{RELEASE} 2026-11-24 04:05 2026-11-23 00:00 {digits} 0.5731 failed 40 B production",
    ]


def test_the_table_tells_nothing_of_what_was_not_measured() -> None:
    nothing = draft().evaluation.model_copy(update={"scores": ()})
    (_, row) = drawn(display.table([(RELEASE, made(evaluation=nothing))], []))
    assert row.split()[-4:] == ["-", "passed", "40", "B"]


def test_a_channel_is_told_in_words() -> None:
    assert display.served(channel()) == f"production serves {RELEASE} since 2026-11-24 04:05:00 UTC"


def test_an_experiment_is_told_arm_by_arm() -> None:
    compared = channel(
        Arm(name=CONTROL, release=RELEASE, share=0.75),
        Arm(name="new", release=OTHER, share=0.25, temperature=0.5),
        experiment="bigger",
    )
    assert display.served(compared) == (
        "production compares bigger since 2026-11-24 04:05:00 UTC\n"
        f"  control: {RELEASE} to 0.75 of the readers\n"
        f"  new: {OTHER} to 0.25 of the readers, drawn at temperature 0.5"
    )
    rows = drawn(display.table([(OTHER, made()), (RELEASE, made())], [compared]))
    assert rows[1].endswith("production new 25%")
    assert rows[2].endswith("production control 75%")


def test_many_files_of_a_folder_are_counted() -> None:
    many = [
        FileEntry(path=f"texts/{number:05d}.parquet", sha256="0" * 64, size=100_000)
        for number in range(21)
    ]
    manifest = made()
    text = display.text(manifest.model_copy(update={"files": (*manifest.files, *many)}))
    assert "            texts/  21 files, 2.1 MB\n" in text
    assert "texts/00000" not in text
    assert "            ranker.onnx  " in text
    fewer = display.text(manifest.model_copy(update={"files": (*manifest.files, *many[1:])}))
    assert "            texts/00020.parquet  100.0 kB  " in fewer
