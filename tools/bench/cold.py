"""Cold starts under AWS's Runtime Interface Emulator, from an S3 server over HTTP."""

import hashlib
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from moto.server import ThreadedMotoServer

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.manifest import FileEntry
from artifacts.moves import promote
from artifacts.release import open_release
from artifacts.stores import open_store
from tools import package
from tools.bench.subject import event, function, store
from tools.bench.table import FOLDER, Measured
from tools.postgres import free_port
from tools.runtime import lambda_runtime, runtime_python

STARTS = 10
READERS = (163_205, 10_000_000)
BUCKET = "cold"
_FUNCTIONS = Path(__file__).parent / "functions"
_USUAL = ("fastapi", "mangum", "boto3", "pandas", "pyarrow", "onnxruntime", "numpy")
_BARE = ("fastapi", "mangum")


def measure() -> Measured:
    """The init phase and the first answer of each function, in turn."""
    ours, version = function()
    folders = {
        "bare FastAPI and Mangum": _package("bare", _BARE, version, compiled=True),
        "boto3, pandas, pyarrow": _package("usual", _USUAL, version, compiled=False),
    }
    python = runtime_python(version)
    with s3() as environment:
        stores = [upload(f"{readers}", readers) for readers in READERS]
        subjects = {
            f"Lenta, {readers:,} readers": (ours, address)
            for readers, address in zip(READERS, stores, strict=True)
        }
        subjects |= {name: (folder, stores[0]) for name, folder in folders.items()}
        inits: dict[str, list[float]] = {name: [] for name in subjects}
        answers: dict[str, list[float]] = {name: [] for name in subjects}
        peaks: dict[str, float] = {}
        for _ in range(STARTS):
            for name, (folder, address) in subjects.items():
                called = event(200) if folder == ours else health()
                with lambda_runtime(
                    folder, python, {**environment, "ARTIFACT_STORE": address}
                ) as runtime:
                    began = time.perf_counter()
                    answer = runtime.invoke(called)
                    answers[name].append((time.perf_counter() - began) * 1000)
                    if answer["statusCode"] != HTTPStatus.OK:
                        raise SystemExit(f"{name}: {answer}")
                    inits[name].append(runtime.init_milliseconds() or float("nan"))
                    peaks[name] = runtime.peak_megabytes()
    bare = statistics.median(inits["bare FastAPI and Mangum"])
    return Measured(
        "cold",
        f"Cold starts from S3 over HTTP, page cache warm, {STARTS} each, in turn, ms",
        (
            "function",
            "init",
            "longest",
            "times bare",
            "init and first answer",
            "MB used",
            "package MB",
        ),
        tuple(
            (
                name,
                statistics.median(inits[name]),
                max(inits[name]),
                statistics.median(inits[name]) / bare,
                statistics.median(answers[name]),
                peaks[name],
                _megabytes(folder),
            )
            for name, (folder, _) in subjects.items()
        ),
    )


@contextmanager
def s3() -> Iterator[dict[str, str]]:
    """The environment in which a function reaches an S3 server on this machine."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would name every request
    server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    environment = {
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server._port}",  # noqa: SLF001 - not told elsewhere
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield environment
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()


def upload(name: str, readers: int) -> str:
    """A store with the measured release, as if of so many readers; of their shards the asked one.

    The others are listed and missing: nobody asks for them.
    """
    source = open_store(str(store()))
    channel = read_channel(source)
    if channel is None:
        raise SystemExit(f"{store()} serves nothing: remove it and measure again")
    release = open_release(source, channel.arms[0].release)
    shards = layout.shards_for(readers)
    asked = layout.users_file(layout.shard_of(200, shards))
    files = {
        layout.RANKER: release.read(layout.RANKER),
        layout.POSTS: release.read(layout.POSTS),
        asked: shard(release.read(layout.users_file(0)), layout.shard_of(200, shards), shards),
    }
    entries = [entry(path, data) for path, data in files.items()]
    others = {layout.users_file(number) for number in range(shards)} - {asked}
    entries += [entry(path, path.encode()) for path in sorted(others)]
    data = release.manifest.data.model_copy(update={"readers": readers})
    manifest = release.manifest.model_copy(
        update={"files": tuple(entries), "user_shards": shards, "data": data}
    )
    address = f"s3://{BUCKET}/{name}"
    target = open_store(address)
    for path, content in files.items():
        target.create(layout.release_key(manifest.release, path), content)
    target.create(layout.release_key(manifest.release, layout.MANIFEST), manifest.to_json())
    # The usual way reads the first one.
    target.create(layout.release_key(manifest.release, layout.users_file(0)), files[asked])
    promote(target, manifest.release)
    return address


def shard(data: bytes, number: int, shards: int) -> bytes:
    """A full shard of readers, with what some of the release's readers have."""
    some = pq.ParquetFile(pa.BufferReader(data)).read()
    count = layout.READERS_PER_SHARD
    rows = some.take(np.arange(count) % len(some))
    ids = pa.array(number + shards * np.arange(count))
    place = rows.column_names.index(layout.USER_ID)
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows.set_column(place, layout.USER_ID, ids), sink, compression="zstd", row_group_size=count
    )
    return bytes(sink.getvalue())


def entry(path: str, data: bytes) -> FileEntry:
    """How the manifest lists a file."""
    return FileEntry(path=path, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def _package(name: str, libraries: tuple[str, ...], version: str, *, compiled: bool) -> Path:
    """A function of one file and its libraries, as pip installs them."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "handler").mkdir(parents=True)
    subprocess.run(  # noqa: S603 - our own arguments
        [
            str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet",
            "--target", str(folder), "--python-version", version, "--only-binary", ":all:",
            "--constraint", "handler/requirements.txt", "--constraint", "requirements.txt",
            *libraries,
        ],
        check=True,
    )  # fmt: skip
    shutil.copy(_FUNCTIONS / f"{name}.py", folder / "handler" / "app.py")
    if compiled:
        package.precompile(folder, version)
    return folder


def health() -> dict[str, Any]:
    """A call of /healthz, as API Gateway sends it."""
    found: dict[str, Any] = json.loads(Path("events/healthz-v2.json").read_text(encoding="utf-8"))
    return found


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
