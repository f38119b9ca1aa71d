"""One request: in process, and through AWS's Runtime Interface Emulator."""

import json
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from artifacts.channel import read_channel
from artifacts.release import open_release
from artifacts.stores import open_store
from handler.app import create_app, lambda_entry
from handler.recommender import Recommender
from handler.settings import Settings
from tools import package
from tools.bench.table import FOLDER, Measured
from tools.runtime import lambda_runtime, runtime_python, supported_python
from train import demo_data
from train.progress import Silent
from train.run import run
from train.settings import RunSettings

if TYPE_CHECKING:
    from mangum.types import LambdaContext

_ROUNDS = 300
_WARM_UP = 10
_NO_CONTEXT = cast("LambdaContext", None)  # the app never looks at it
_EVENT = Path("events/recommendations-v2.json")
_EVENING = 1_635_624_000  # 2021-10-30 20:00, the last evening of the data


def measure() -> Measured:
    """Milliseconds of each way to ask, in turn, each time for another reader."""
    store = str(_store().resolve())
    recommender = Recommender(open_release(open_store(store), _served(store)))
    app = lambda_entry(create_app(Settings(store=store)))
    version = supported_python()
    if version is None:
        raise SystemExit("no Python of Lambda is on this machine: 3.13 or 3.12 is needed")
    function = FOLDER / "function"
    shutil.rmtree(function, ignore_errors=True)
    package.build(function, version)
    with lambda_runtime(function, runtime_python(version), {"ARTIFACT_STORE": store}) as runtime:
        taken = _in_turn(
            {
                "the recommender alone": lambda reader: recommender.recommend(reader, _EVENING, 5),
                "an API Gateway event, in process": lambda reader: app(_event(reader), _NO_CONTEXT),
                "the same through the emulator": lambda reader: runtime.invoke(_event(reader)),
            }
        )
    return Measured(
        "requests",
        f"One request for 5 of 7,023 posts, milliseconds; {_ROUNDS} each, in turn",
        ("way", "p50", "p99"),
        tuple(
            (way, statistics.median(times), statistics.quantiles(times, n=100)[98])
            for way, times in taken.items()
        ),
    )


def _in_turn(ways: dict[str, Callable[[int], object]]) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(_WARM_UP + _ROUNDS):
        for way, ask in ways.items():
            began = time.perf_counter()
            ask(200 + number * 7)
            if number >= _WARM_UP:
                taken[way].append((time.perf_counter() - began) * 1000)
    return taken


def _event(user_id: int) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(_EVENT.read_text())
    event["rawQueryString"] = f"id={user_id}&time=2021-10-30T20%3A00%3A00&limit=5"
    return event


def _served(store: str) -> str:
    channel = read_channel(open_store(store))
    if channel is None:
        raise SystemExit(f"{store} serves nothing: remove it and measure again")
    return channel.arms[0].release


def _store() -> Path:
    network, store = FOLDER / "network", FOLDER / "store"
    if not network.exists():
        FOLDER.mkdir(exist_ok=True)
        demo_data.write(str(network), users=3_000, posts=7_023, days=30, seed=1)
    if not (store / "channels" / "production.json").exists():
        run(RunSettings(source=str(network), store=str(store)), Silent())
    return store
