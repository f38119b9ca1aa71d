"""Training runs that are killed at random moments: what they leave, and whether it is whole."""

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from artifacts.channel import read_channel
from artifacts.release import list_releases, open_release, verify
from artifacts.stores import ObjectStore, open_store
from tools.bench.table import Measured
from train import demo_data

ROUNDS = 50


@dataclass(frozen=True)
class Killed:
    """What one run left behind.

    Attributes:
        seconds: after which it was killed.
        in_time: whether it was; else it was over by then.
        published: whether it left a release.
        problems: what is wrong with the store.
    """

    seconds: float
    in_time: bool
    published: bool
    problems: tuple[str, ...]


def measure() -> Measured:
    """How many runs were killed, what they left, and what was broken by it."""
    with tempfile.TemporaryDirectory() as folder:
        found = list(rounds(Path(folder), ROUNDS))
    killed = [one for one in found if one.in_time]
    return Measured(
        "kills",
        f"Training killed by SIGKILL at {ROUNDS} random moments",
        ("", "value"),
        (
            ("rounds", len(found)),
            ("killed", len(killed)),
            ("killed after publishing", sum(one.published for one in killed)),
            ("over before", len(found) - len(killed)),
            ("broken stores", sum(bool(one.problems) for one in found)),
            ("earliest kill, s", min(one.seconds for one in killed)),
            ("latest kill, s", max(one.seconds for one in killed)),
        ),
    )


def rounds(folder: Path, number: int) -> Iterator[Killed]:
    """Train on a small network again and again, each run with another seed, and kill each."""
    source, store = folder / "network", folder / "store"
    demo_data.write(str(source), users=400, posts=200, days=10, seed=12)
    began = time.monotonic()
    _train(source, store, seed=0).wait()
    whole = time.monotonic() - began
    opened = open_store(str(store))
    chance = random.Random(number)  # noqa: S311 - nothing secret
    for seed in range(1, number + 1):
        before = list_releases(opened)
        seconds = chance.uniform(0, whole)
        process = _train(source, store, seed)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        in_time = process.wait() == -signal.SIGKILL
        published = list_releases(opened) != before
        yield Killed(seconds, in_time, published, tuple(_problems(opened)))


def _train(source: Path, store: Path, seed: int) -> subprocess.Popen[bytes]:
    command = ["-m", "train", "run", "--source", str(source), "--store", str(store)]
    return subprocess.Popen(  # noqa: S603 - our own arguments
        [sys.executable, *command, "--seed", str(seed)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _problems(store: ObjectStore) -> Iterator[str]:
    for release in list_releases(store):
        yield from verify(open_release(store, release))
    channel = read_channel(store)
    for release in channel.releases if channel else ():
        if release not in list_releases(store):
            yield f"{release} is served and is not there"
