"""The function with many posts and readers, in the memory and the processor's time of its size.

Not one of all measurements: to fit a first stage for a million posts takes ten minutes.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.moves import promote
from artifacts.release import open_release
from artifacts.stores import ObjectStore, open_store
from tools.bench.cold import BUCKET, entry, health, s3, shard
from tools.bench.large import large
from tools.bench.limits import limited
from tools.bench.subject import event, function, store
from tools.bench.table import Measured
from tools.runtime import FunctionFailedError, Runtime, lambda_runtime, runtime_python
from train.export.tables import post_files
from train.features.rows import FeatureRows
from train.warehouse import Warehouse

if TYPE_CHECKING:
    from artifacts.manifest import Manifest

MEGABYTES = 1769
SIZES = ((7_023, 163_205), (7_023, 10_000_000), (100_000, 10_000_000), (1_000_000, 10_000_000))
"""Posts and readers."""
_STARTS = 3
_CALLS = 200
_SHARDS = 8
"""So many of a release's are there; the others are listed, and nobody asks for them."""
_SECOND = "20301231T000000Z-00000002"
_PATIENCE = 60


@dataclass(frozen=True)
class _Size:
    """What is served: whether `posts.parquet` holds the texts, however large they are."""

    posts: int
    readers: int
    inside: bool

    def __str__(self) -> str:
        return f"{self.posts:,}, {self.readers:,}, {'inside' if self.inside else 'outside'}"

    @property
    def address(self) -> str:
        """Of its store."""
        return f"s3://{BUCKET}/{self.posts}-{self.readers}-{self.inside}"


@dataclass(frozen=True)
class _Function:
    """What is measured."""

    folder: Path
    python: Path
    environment: dict[str, str]


def measure() -> Measured:
    """Starts, calls and memory; and the memory while the next release is loaded beside."""
    folder, version = function()
    python = runtime_python(version)
    sizes = [_Size(*size, inside) for size in SIZES for inside in _ways(size[0])]
    with s3() as environment:
        rows = [_row(_Function(folder, python, environment), size) for size in sizes]
    return Measured(
        "size",
        f"The function at {MEGABYTES:,} MB by size, S3 over HTTP, {_STARTS} starts, ms",
        (
            "posts, readers, texts", "init", "first answer", "call p50", "p99",
            "used, MB", "following, MB", "longest call then",
            "manifest", "download", "parse", "session",
        ),
        tuple(rows),
    )  # fmt: skip


def _ways(posts: int) -> tuple[bool, ...]:
    """Whether the texts lie inside: in a large catalogue outside first, and then all the same."""
    size = sum(len(text.encode()) for text in large(posts).texts)
    return (False, True) if size > layout.TEXTS_INSIDE else (True,)


def _row(function: _Function, size: _Size) -> tuple[str | float, ...]:
    target = open_store(size.address)
    asked = _upload(target, size)
    stages = _stages(function, size.address)
    given = {
        **function.environment, "ARTIFACT_STORE": size.address, "LENTA_FOLLOW_SECONDS": "1",
    }  # fmt: skip
    inits, firsts, calls, peaks = [], [], [], []
    try:
        for start in range(_STARTS):
            with (
                limited(MEGABYTES, memory=True) as leave,
                lambda_runtime(function.folder, function.python, given) as runtime,
            ):
                leave()
                firsts.append(_call(runtime, asked[0]))
                inits.append(runtime.init_milliseconds() or float("nan"))
                calls += [_call(runtime, asked[number % len(asked)]) for number in range(1, _CALLS)]
                peaks.append(runtime.peak_megabytes())
                if start == _STARTS - 1:
                    following = _follow(runtime, target, asked)
    except FunctionFailedError as error:
        print(size, str(error)[-1500:], file=sys.stderr)
        return (str(size), "killed", *[""] * 10)
    return (
        str(size), statistics.median(inits), statistics.median(firsts), statistics.median(calls),
        statistics.quantiles(calls, n=100)[98], max(peaks), *following,
        *(stages[stage] for stage in ("manifest", "download", "parse", "session")),
    )  # fmt: skip


def _call(runtime: Runtime, reader: int) -> float:
    began = time.perf_counter()
    answer = runtime.invoke(event(reader))
    if answer["statusCode"] != HTTPStatus.OK:
        raise FunctionFailedError(f"{answer}\n" + "\n".join(runtime.log()[-5:]))
    return (time.perf_counter() - began) * 1000


def _follow(runtime: Runtime, target: ObjectStore, asked: list[int]) -> tuple[float | str, float]:
    """The most memory used, and the longest call, until the next release answers."""
    promote(target, _SECOND)
    longest, until = 0.0, time.monotonic() + _PATIENCE
    for number in range(10**6):
        longest = max(longest, _call(runtime, asked[number % len(asked)]))
        if json.loads(runtime.invoke(health())["body"])["release"] == _SECOND:
            return runtime.peak_megabytes(), longest
        if time.monotonic() > until:
            print(*(line for line in runtime.log() if "reason" in line), sep="\n", file=sys.stderr)
            return "stays", longest
        time.sleep(0.05)
    raise AssertionError


def _stages(function: _Function, address: str) -> dict[str, float]:
    script = Path(__file__).parent / "functions" / "stages.py"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [str(function.python.absolute()), str(script), address],
        cwd=function.folder,
        env={**function.environment, "PYTHONPATH": str(function.folder.resolve())},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    print(address, done.stdout, file=sys.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _upload(target: ObjectStore, size: _Size) -> list[int]:
    """Two releases of so many posts and readers, the first promoted, and readers who may ask."""
    source = open_store(str(store()))
    channel = read_channel(source)
    if channel is None:
        raise SystemExit(f"{store()} serves nothing: remove it and measure again")
    release = open_release(source, channel.arms[0].release)
    shards = layout.shards_for(size.readers)
    some = release.read(layout.users_file(0))
    catalogue = large(size.posts)
    entries, graph = [], catalogue.graph
    first, second = release.manifest.release, _SECOND

    def put(path: str, data: bytes) -> None:
        for each in (first, second):
            target.create(layout.release_key(each, path), data)
        entries.append(entry(path, data))

    put(layout.RANKER, graph)
    with ExitStack() as stack:
        warehouse = Warehouse(Path(stack.enter_context(TemporaryDirectory())))
        stack.callback(warehouse.close)
        for path, data in _post_files(warehouse, size):
            put(path, data)
    there = range(min(_SHARDS, shards))
    for number in there:
        put(layout.users_file(number), shard(some, number, shards))
    missing = [layout.users_file(number) for number in range(len(there), shards)]
    entries += [entry(path, path.encode()) for path in missing]
    facts = release.manifest.data.model_copy(update={"readers": size.readers, "posts": size.posts})
    changed = {
        "files": tuple(entries), "user_shards": shards, "data": facts,
        "first_stage": catalogue.proof,
    }  # fmt: skip
    for each in (first, second):
        manifest: Manifest = release.manifest.model_copy(update={**changed, "release": each})
        target.create(layout.release_key(each, layout.MANIFEST), manifest.to_json())
    promote(target, first)
    return [number + shards * each for each in range(50) for number in there][:_CALLS]


def _post_files(warehouse: Warehouse, size: _Size) -> Iterator[tuple[str, bytes]]:
    made = large(size.posts)
    ids = pa.array(range(size.posts))
    warehouse.register(
        "posts", pa.table({"post_id": ids, "text": made.texts, "topic": made.topics})
    )
    warehouse.register("post_history", pa.table({"post_id": ids, "views": ids}))
    rows = FeatureRows(ids.to_numpy(), made.features)
    limit = sys.maxsize if size.inside else layout.TEXTS_INSIDE
    yield from post_files(warehouse, rows, made.vectors, made.blocks, limit)
