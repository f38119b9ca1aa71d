"""The function's log, in whatever form it comes."""

import gzip
import json
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from artifacts.channel import Arm
from artifacts.pseudonym import pseudonym
from handler.exploring import Exploration, propensities
from handler.exposure import Exposure as Shown
from handler.telemetry import Answered, Telemetry
from tests.support.documents import PROJECT, blocks
from tests.train.exposures import KEY, NOON, exposure, line, write_log
from train.errors import SourceError
from train.experiment.log import Lines, read_log
from train.experiment.record import exposures_in
from train.progress import Silent
from train.warehouse import Warehouse

RECORD = exposure(7, NOON, [3, 1, 2])
EXPLORED = exposure(
    7,
    NOON,
    [3, 1],
    exploration={
        "temperature": 0.5,
        "posts": [1, 3, 2],
        "scores": [-1.0, -1.5, -2.0],
        "propensities": [0.3, 0.7],
    },
)
EVENT = {"logStreamName": "2026/11/24/[1]", "timestamp": 1_795_543_200_000}


def read(path: Path) -> tuple[Lines, list[tuple[str, list[int]]]]:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder))
        lines = read_log(warehouse, path, Silent())
        rows = warehouse.query("SELECT reader, posts FROM exposure_lines")
        warehouse.close()
    return lines, rows


@pytest.mark.parametrize(
    "written",
    [
        line(RECORD),
        f"2026-11-24T18:00:00.123Z {line(RECORD)}",
        f"2026-11-24T18:00:00 2026/11/24/[1]f00 {line(RECORD)}",
        f"  {line(RECORD)}\t",
        json.dumps({"exposure": RECORD}),
        f'      "message": {json.dumps(line(RECORD))},',
        json.dumps({"logEvents": [{**EVENT, "message": line(RECORD) + "\n"}]}),
    ],
    ids=["alone", "exported", "tailed", "blanks", "spaced", "filtered", "subscribed"],
)
def test_a_record_is_found_however_the_log_was_fetched(written: str) -> None:
    (found,) = exposures_in(written)
    assert found is not None
    assert found.posts == [3, 1, 2]
    assert found.reader == pseudonym(7, KEY)


def test_a_subscription_s_line_may_hold_several_records() -> None:
    events = [{**EVENT, "message": line(exposure(7, NOON, [post]))} for post in (1, 2)]
    events.insert(1, {**EVENT, "message": '{"_aws": {}}'})
    found = exposures_in(json.dumps({"logEvents": events}))
    assert [one and one.posts for one in found] == [[1], [2]]


@pytest.mark.parametrize(
    "other",
    [
        "",
        "INFO:     127.0.0.1:5000 - GET /v1/recommendations?id=7 200 OK",
        '{"_aws": {"Timestamp": 1}, "release": "20261124T054421Z-7b61ff52", "reader": "3b88"}',
        "REPORT RequestId: 1 Duration: 9.81 ms",
    ],
)
def test_other_lines_are_passed_over(other: str) -> None:
    assert list(exposures_in(other)) == []


@pytest.mark.parametrize(
    "broken",
    [
        line(RECORD)[:-20],
        line(RECORD | {"reader": 7}),
        line(RECORD | {"share": 1.5}),
        line(RECORD | {"posts": [1, 1]}),
        line(RECORD | {"at": "2026-11-24T18:00:00"}),
        line({key: value for key, value in RECORD.items() if key != "arm"}),
        line(EXPLORED | {"posts": [9, 1]}),
        line(EXPLORED | {"posts": [3, 1, 2]}),
        json.dumps({"message": line(RECORD)[:-20]}),
        json.dumps({"message": line(RECORD)})[:-30],
    ],
)
def test_a_broken_record_is_none(broken: str) -> None:
    assert list(exposures_in(broken)) == [None]


def test_what_a_later_function_adds_is_passed_over() -> None:
    (found,) = exposures_in(line(EXPLORED | {"later": 1}))
    assert found is not None
    assert found.exploration is not None
    assert found.exploration.propensities == [0.3, 0.7]


def test_a_folder_is_read_at_any_depth_and_what_is_broken_is_counted(tmp_path: Path) -> None:
    write_log(tmp_path / "one.jsonl", [RECORD])
    write_log(tmp_path / "aws-logs-write-test", [RECORD])  # CloudWatch's own
    with (tmp_path / "server.log").open("w") as log:
        log.write(f"INFO: started\n{line(EXPLORED)}\n{line(RECORD)[:50]}")
    deep = tmp_path / "task" / "2026-11-24-[1]"
    deep.mkdir(parents=True)
    with gzip.open(deep / "000000.gz", "wt") as log:
        log.write(f"2026-11-24T18:00:00.123Z {line(exposure(8, NOON, [4]))}\n" * 2)
    lines, rows = read(tmp_path)
    assert lines == Lines(files=3, exposures=4, broken=1)
    assert sorted(posts for _, posts in rows) == [[3, 1], [3, 1, 2], [4], [4]]


def test_a_log_that_is_not_there_or_holds_nothing_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no log"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(SourceError, match="has no log: none of its files ends with"):
        read(tmp_path)
    (tmp_path / "other.log").write_text(f"INFO: started\n{line(RECORD)[:50]}\n")
    with pytest.raises(SourceError, match=r"no exposure in .*, but 1 broken ones"):
        read(tmp_path)


def test_a_file_that_was_cut_off_is_refused_for_readers_would_be_missing(tmp_path: Path) -> None:
    whole = gzip.compress((line(RECORD) + "\n").encode() * 100)
    (tmp_path / "000000.gz").write_bytes(whole[:-12])
    with pytest.raises(SourceError, match=r"000000.gz cannot be read"):
        read(tmp_path)


DRAWN = Exploration(0.5, [9, 8, 7], [-1.0, -1.25, -3.0], [0.4, 0.6])
SHOWN = Shown(
    call="/v1/recommendations",
    time=NOON,
    reader=200,
    experiment="bigger-model",
    arm=Arm(name="treatment", release="20261124T040500Z-1f2e3d4c", share=0.25),
    release="20261124T040500Z-1f2e3d4c",
    source="model",
    posts=[8, 9],
    scores=[-1.25, -1.0],
    exploration=DRAWN,
)


@pytest.mark.parametrize("within", [True, False], ids=["in a call's line", "in its own"])
@pytest.mark.parametrize("drawn", [None, DRAWN], ids=["by score", "drawn"])
def test_what_the_function_writes_is_read(
    capsys: pytest.CaptureFixture[str], drawn: Exploration | None, *, within: bool
) -> None:
    telemetry = Telemetry(KEY.decode())
    answered = Answered(replace(SHOWN, exploration=drawn), feature_age=0)
    with telemetry.call("request", "function") if within else nullcontext():
        telemetry.note(answered)
    (found,) = exposures_in(capsys.readouterr().out)
    assert found is not None
    assert (found.arm, found.share, found.experiment) == ("treatment", 0.25, "bigger-model")
    assert (found.time, found.posts, found.source) == (NOON, [8, 9], "model")
    assert found.reader == pseudonym(200, KEY)
    assert (found.exploration and found.exploration.propensities) == (drawn and [0.4, 0.6])


def test_the_record_that_the_reference_shows_is_read_and_adds_up() -> None:
    (shown,) = (
        block.text
        for block in blocks(PROJECT / "docs/reference/exposures.md")
        if "exposure" in block.text
    )
    (found,) = exposures_in(shown.replace("\n", " "))
    assert found is not None
    drawn = found.exploration
    assert drawn is not None
    order = [drawn.posts.index(post) for post in found.posts]
    scores = [drawn.scores[place] for place in order]
    assert drawn.propensities == pytest.approx(propensities(scores, drawn.temperature), rel=1e-5)


def test_a_pseudonym_is_what_openssl_makes_of_the_id() -> None:
    # printf 200 | openssl dgst -sha256 -hmac KEY
    assert pseudonym(200, b"KEY") == "c74ef010494eb53d"
