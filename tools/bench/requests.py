"""One request: in process, and through AWS's Runtime Interface Emulator."""

import contextlib
import io
import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from handler.api import create_app
from handler.entry import lambda_entry
from handler.fetching import Fetching
from handler.recommender import Recommender
from handler.settings import Settings
from tools.bench.subject import EVENING, event, function, store
from tools.bench.table import Measured
from tools.runtime import lambda_runtime, runtime_python

if TYPE_CHECKING:
    from mangum.types import LambdaContext

_ROUNDS = 300
_WARM_UP = 10
_CONTEXT = cast("LambdaContext", SimpleNamespace(aws_request_id="1", function_name="lenta"))


def measure() -> Measured:
    """Milliseconds of each way to ask, in turn, each time for another reader."""
    settings = Settings(store=str(store()))
    recommender = _recommender(settings.store)
    entry = lambda_entry(create_app(settings), settings)
    folder, version = function()
    environment = {"ARTIFACT_STORE": settings.store}

    def answer(reader: int) -> None:
        with contextlib.redirect_stdout(io.StringIO()):  # the log
            entry(event(reader), _CONTEXT)

    with lambda_runtime(folder, runtime_python(version), environment) as runtime:
        taken = _in_turn(
            {
                "the recommender alone": lambda reader: recommender.recommend(reader, EVENING, 5),
                "an API Gateway event, in process": answer,
                "the same through the emulator": lambda reader: runtime.invoke(event(reader)),
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


def _recommender(address: str) -> Recommender:
    fetching = Fetching(Settings(address))
    return Recommender(fetching.fetch(fetching.arm()))
