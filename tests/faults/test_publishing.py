"""Publishers that are killed and publishers that race: a reader sees whole releases only."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from artifacts.channel import read_channel
from artifacts.moves import promote
from artifacts.publish import publish
from artifacts.release import list_releases
from artifacts.stores import open_store
from tests.artifacts.examples import FILES, draft
from tests.support.publishers import problems

pytestmark = pytest.mark.slow

PUBLISHERS, ROUNDS, READERS = 20, 3, 3
MOST_STEPS = 400
"""By then every publication is over."""


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "s3":
        return f"s3://{request.getfixturevalue('s3_bucket')}/lenta"
    return str(request.getfixturevalue("tmp_path") / "store")


def _kind(url: str) -> str:
    return "S3" if url.startswith("s3:") else "folder"


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.publishers", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def served(url: str) -> str:
    channel = read_channel(open_store(url))
    assert channel is not None
    return channel.arms[0].release


def is_killed(*arguments: str) -> bool:
    """Whether the program was killed; else it came to its end."""
    with start(*arguments) as process:
        _, errors = process.communicate()
    assert process.returncode in {0, -signal.SIGKILL}, errors
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_publisher_killed_at_any_call_of_the_store_breaks_nothing(
    url: str, moment: str, counts: dict[str, int]
) -> None:
    store = open_store(url)
    good = publish(store, draft(), FILES.items()).release
    promote(store, good)
    killed = 0
    for step in range(MOST_STEPS):
        before, releases = served(url), set(list_releases(store))
        if not is_killed("die_at_a_call", url, str(step), moment):
            break
        killed += 1
        assert problems(store) == []
        assert served(url) in {before} | (set(list_releases(store)) - releases)
    assert killed >= len(FILES) + 2
    counts[f"killed {moment} a call of the store, {_kind(url)}"] = killed
    assert problems(store) == []
    assert served(url) != good


def test_a_publisher_killed_at_any_step_within_a_folder_breaks_nothing(
    tmp_path: Path, counts: dict[str, int]
) -> None:
    url = str(tmp_path / "store")
    store = open_store(url)
    good = publish(store, draft(), FILES.items()).release
    promote(store, good)
    killed = 0
    for step in range(MOST_STEPS):
        if not is_killed("die_at_a_system_call", url, str(step)):
            break
        killed += 1
        assert problems(store) == []
    assert killed > 3 * len(FILES)
    counts["killed at a step within a folder"] = killed
    assert problems(store) == []
    assert served(url) != good


def test_of_many_publishers_each_has_its_turn_and_readers_see_whole_releases(
    url: str, counts: dict[str, int]
) -> None:
    store = open_store(url)
    promote(store, publish(store, draft(), ((p, d + b" x") for p, d in FILES.items())).release)
    readers = [start("poll", url) for _ in range(READERS)]
    publishers = [start("race", url, str(number), str(ROUNDS)) for number in range(PUBLISHERS)]
    ends = [process.communicate() for process in publishers]
    assert [errors for _, errors in ends if errors] == []
    won = sum(int(output.split()[0]) for output, _ in ends)
    lost = sum(int(output.split()[1]) for output, _ in ends)
    seen = [process.communicate("end") for process in readers]
    assert [errors for _, errors in seen if errors] == []
    assert all(int(output.split()[0]) > 0 for output, _ in seen)
    assert [int(output.split()[1]) for output, _ in seen] == [0] * READERS
    channel = read_channel(store)
    assert channel is not None
    # Each revision was one winner's.
    assert channel.revision == won + 1
    assert won + lost == PUBLISHERS * ROUNDS
    counts[f"swaps won, {_kind(url)}"] = won
    counts[f"swaps given up, {_kind(url)}"] = lost
    counts[f"whole releases read meanwhile, {_kind(url)}"] = sum(
        int(output.split()[0]) for output, _ in seen
    )
    assert problems(store) == []
