"""One request: in process, through AWS's Runtime Interface Emulator, and the course's way."""

import asyncio
import contextlib
import io
import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pandas as pd

from handler.api import create_app
from handler.entry import lambda_entry
from handler.fetching import Fetching
from handler.recommender import Recommender
from handler.settings import Settings
from tools.bench.course import Course
from tools.bench.subject import EVENING, event, function, network, store
from tools.bench.table import Measured
from tools.runtime import lambda_runtime, runtime_python

if TYPE_CHECKING:
    from mangum.types import LambdaContext

_ROUNDS = 300
_WARM_UP = 10
_COURSES_TREES = 300
_EVENT = "an API Gateway event, in process"
_CONTEXT = cast("LambdaContext", SimpleNamespace(aws_request_id="1", function_name="lenta"))


def measure() -> Measured:
    """Milliseconds of each way to ask, in turn, each time for another reader."""
    settings = Settings(store=str(store()))
    recommender, alone = _alone(settings)
    entry = lambda_entry(create_app(settings))
    folder, version = function()
    course = Course(network(), _COURSES_TREES)
    posts, evening = course.catalogue(len(recommender.posts.ids)), pd.Timestamp(EVENING, unit="s")
    environment = {"ARTIFACT_STORE": settings.store}

    def answer(reader: int) -> None:
        with contextlib.redirect_stdout(io.StringIO()):  # the log
            entry(event(reader), _CONTEXT)

    with lambda_runtime(folder, runtime_python(version), environment) as runtime:
        taken = _in_turn(
            course.users.index.tolist(),
            {
                "the recommender alone": alone,
                _EVENT: answer,
                "the same through the emulator": lambda reader: runtime.invoke(event(reader)),
                "the course's way: pandas, CatBoost": lambda reader: course.recommend(
                    posts, reader, evening, 5
                ),
            },
        )
    whole = statistics.median(taken[_EVENT])
    return Measured(
        "requests",
        f"One request for 5 of 7,023 posts, milliseconds; {_ROUNDS} each, in turn",
        ("way", "p50", "p99", "times the event"),
        tuple(
            (
                way,
                statistics.median(times),
                statistics.quantiles(times, n=100)[98],
                statistics.median(times) / whole,
            )
            for way, times in taken.items()
        ),
    )


def _in_turn(
    readers: list[int], ways: dict[str, Callable[[int], object]]
) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(_WARM_UP + _ROUNDS):
        for way, ask in ways.items():
            began = time.perf_counter()
            ask(readers[number])
            if number >= _WARM_UP:
                taken[way].append((time.perf_counter() - began) * 1000)
    return taken


def _alone(settings: Settings) -> tuple[Recommender, Callable[[int], object]]:
    """The recommender, and how it is asked without the API around it."""
    fetching, loop = Fetching(settings), asyncio.new_event_loop()
    found = fetching.channel()
    if found is None:
        raise LookupError(f"{settings.store} serves nothing")
    recommender = Recommender(fetching.release(found[0].arms[0].release))

    async def ask(reader: int) -> None:
        recommender.recommend(await recommender.reader(reader), EVENING, 5)

    return recommender, lambda reader: loop.run_until_complete(ask(reader))
