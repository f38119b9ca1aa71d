"""A function over a store that can fail, and two releases whose answers can be told apart.

The releases differ in their graph and in their posts: an answer made of both would be a third one.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx

from artifacts.manifest import Manifest
from artifacts.moves import promote
from artifacts.publish import publish
from artifacts.stores import ObjectStore, open_store
from handler.api import create_app
from handler.settings import Settings
from tests.artifacts.examples import draft
from tests.handler import small
from tests.handler.client import Client
from tools.faulty_s3 import FaultyS3

SPEED = 10
"""How much faster the function's own clock goes, by which it looks at the channel and waits."""
FOLLOW = 1.0
"""Seconds of that clock between two looks."""
HOUR = 12
TIME = f"2021-10-12T{HOUR}:00:00"
MOST_SECONDS = 0.3
"""An answer takes no longer, whatever the store does."""
RECOVERS = 30.0
"""Real seconds after which it is given up."""


def hastened() -> float:
    """Seconds of a clock that goes faster."""
    return time.monotonic() * SPEED


def feed(release: str, reader: int) -> list[int]:
    """The feed of the "old" or the "new" release."""
    hour = HOUR if release == "old" else -(HOUR // 2)
    left_out = small.liked(reader)
    posts = [post for post in small.POSTS if post not in left_out]
    return sorted(posts, key=lambda post: -small.score(reader, hour, post))


def files(release: str) -> dict[str, bytes]:
    """The files of the "old" or the "new" release."""
    graph, columns = small.RANKER, small.posts_columns()
    if release == "new":
        graph = graph.replace("hour = {3600}", "hour = {7200}")
        features = [(small.quality(post), -small.lateness(post)) for post in small.POSTS]
        columns["features"] = small.rows(features, 2)
    shards = range(small.SHARDS)
    return {
        "ranker.onnx": small.graph(graph),
        "posts.parquet": small.parquet(columns),
        **{
            f"users/{shard:05d}.parquet": small.parquet(small.readers_columns(shard))
            for shard in shards
        },
    }


@dataclass
class Network:
    """The store, its server, what is to be closed at last, and which release is which."""

    server: FaultyS3
    url: str
    stack: ExitStack
    names: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> ObjectStore:
        return open_store(self.url)

    def publish(self, name: str, changed: dict[str, bytes] | None = None) -> Manifest:
        """Publish the "old" or the "new" release, some of its files being others."""
        described = draft().model_copy(
            update={"timezone": "UTC", "features": _FEATURES, "user_shards": small.SHARDS}
        )
        manifest = publish(self.store, described, {**files(name), **(changed or {})}.items())
        self.names[manifest.release] = name
        return manifest

    def serve(self, name: str, changed: dict[str, bytes] | None = None) -> Manifest:
        """Publish and promote it."""
        manifest = self.publish(name, changed)
        promote(self.store, manifest.release)
        return manifest

    def start(self) -> "Function":
        """A function that begins now."""
        settings = Settings(self.url, follow_seconds=FOLLOW, reader_hash_key="key")
        client = self.stack.enter_context(Client(create_app(settings, hastened)))
        return Function(self, client)


@dataclass
class Function:
    """A function and what it answered."""

    network: Network
    client: Client
    seconds: list[float] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest answer but one, which this machine may have held up."""
        return sorted(self.seconds)[-2]

    def ask(self, reader: int) -> tuple[str, str]:
        """Which release answered, and as what; the answer is checked to be that release's.

        ("503", the reason) where there is none.
        """
        began = time.monotonic()
        answer = self.client.get(f"/v1/recommendations?id={reader}&time={TIME}&limit=100")
        self.seconds.append(time.monotonic() - began)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            assert int(answer.headers["retry-after"]) > 0
            return "503", str(answer.json()["detail"])
        assert answer.status_code == httpx.codes.OK, answer.text
        found: dict[str, Any] = answer.json()
        name, source = self.network.names[found["release"]], found["source"]
        posts = [post["id"] for post in found["recommendations"]]
        assert posts == feed(name, reader if source == "model" else _STRANGER), found
        return name, source

    def answers(self, reader: int, *, during: float) -> set[tuple[str, str]]:
        """All that was answered for so many real seconds."""
        found, until = set(), time.monotonic() + during
        while time.monotonic() < until:
            found.add(self.ask(reader))
            time.sleep(0.005)
        return found

    def recovers(self, is_well: Callable[[], bool]) -> float:
        """Seconds of the function's clock until it is."""
        began = time.monotonic()
        while not is_well():
            assert time.monotonic() - began < RECOVERS, "it does not recover"
            time.sleep(0.005)
        return (time.monotonic() - began) * SPEED


_STRANGER = 10**9
_FEATURES = draft().features.model_copy(
    update={
        "topics": (),
        "reader": ("fondness",),
        "post": ("quality", "lateness"),
        "model": ("score",),
    }
)
