"""Two releases whose answers differ, and what each must answer."""

import asyncio
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.manifest import ManifestDraft
from artifacts.moves import promote
from artifacts.publish import publish
from artifacts.release import open_release
from artifacts.stores import ObjectStore, open_store
from handler.fetching import Fetched
from handler.recommender import Recommender
from tools.bench.subject import EVENING, store

_READERS = 300
_LIMIT = 5
_STRANGER = -1


@dataclass(frozen=True)
class Answer:
    """What was answered: by which release, as what, and which posts with which scores."""

    release: str
    source: str
    posts: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Truth:
    """What each release answers to each reader."""

    releases: tuple[str, ...]
    readers: tuple[int, ...]
    answers: dict[tuple[str, int], Answer]

    def path(self, reader: int) -> str:
        """What is asked."""
        return f"/v1/recommendations?id={reader}&time=2021-10-30T20:00:00&limit={_LIMIT}"

    def answer(self, given: Answer, reader: int) -> Answer:
        """What must have been answered to be by that release, and as that."""
        if given.source == "fallback":
            stranger = self.answers[given.release, _STRANGER]
            return Answer(given.release, "fallback", stranger.posts)
        return self.answers[given.release, reader]


def answer_of(found: dict[str, Any]) -> Answer:
    """The answer that a body holds."""
    posts = ((post["id"], post["score"]) for post in found["recommendations"])
    return Answer(found["release"], found["source"], tuple(posts))


def publish_two(target: ObjectStore) -> Truth:
    """Publish the benchmarks' release, and another whose posts have each other's features."""
    source = open_store(str(store()))
    channel = read_channel(source)
    if channel is None:
        raise LookupError("the benchmarks' store serves nothing")
    release = open_release(source, channel.arms[0].release)
    manifest = release.manifest
    draft = ManifestDraft.model_validate(
        {name: getattr(manifest, name) for name in ManifestDraft.model_fields}
    )
    files = {entry.path: release.read(entry.path) for entry in manifest.files}
    shuffled = {**files, layout.POSTS: _shuffled(files[layout.POSTS])}
    published = [publish(target, draft, each.items()) for each in (files, shuffled)]
    promote(target, published[0].release)
    readers = (_STRANGER, *range(200, 200 + _READERS))
    answers = {}
    for one in published:
        opened = open_release(target, one.release)
        fetched = Fetched(opened, opened.read(layout.RANKER), opened.read(layout.POSTS))
        recommender = Recommender(fetched)
        for reader in readers:
            answers[one.release, reader] = asyncio.run(_asked(recommender, reader))
    return Truth(tuple(one.release for one in published), readers, answers)


def _shuffled(posts: bytes) -> bytes:
    table = pq.read_table(pa.BufferReader(posts))
    order = np.random.default_rng(1).permutation(len(table))
    for name in (layout.FEATURES, layout.VECTOR, layout.BLOCK):
        if name in table.column_names:
            at = table.column_names.index(name)
            table = table.set_column(at, table.field(at), table[name].take(pa.array(order)))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


async def _asked(recommender: Recommender, reader: int) -> Answer:
    row = await recommender.reader(reader)
    while row.source == "fallback":  # the machine is busy
        row = await recommender.reader(reader)
    ranked = recommender.recommend(row, EVENING, _LIMIT)
    ids = recommender.posts.ids[ranked.rows].tolist()
    posts = zip(ids, ranked.scores.tolist(), strict=True)
    return Answer(recommender.manifest.release, ranked.source, tuple(posts))
