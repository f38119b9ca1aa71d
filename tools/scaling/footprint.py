"""`python -m tools.scaling.footprint STORE`: what a release takes in a container, as it is read.

Of the release that the store serves: a shard of readers, a call's line in the log and its answer,
and the posts, themselves and repeated until there are as many as are asked for.
"""

import argparse
import contextlib
import io
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artifacts import layout
from artifacts.channel import parse_channel
from artifacts.errors import ArtifactError
from artifacts.release import Release, open_release
from artifacts.stores import open_store
from handler.api import create_app
from handler.entry import lambda_entry
from handler.settings import Settings
from handler.tables import read_readers

if TYPE_CHECKING:
    from mangum.types import LambdaContext

_EVENT = Path(__file__).parents[2] / "events" / "recommendations-v2.json"
_ROUNDS = 25
_LEAST_IN_BLOCKS = 50_000
_CONTEXT = cast(
    "LambdaContext",
    SimpleNamespace(aws_request_id="8f5d1c1e-7a0b-4c55-a8a5-3f9c2c6f7d10", function_name="lenta"),
)
_READING = """
import sys, time
from pathlib import Path
from artifacts.manifest import Manifest
from handler.tables import read_posts

def resident(name):
    status = Path("/proc/self/status").read_text()
    return int(status.split(name + ":")[1].split()[0]) * 1024

manifest = Manifest.model_validate_json(Path(sys.argv[2]).read_bytes())
stage = manifest.first_stage
if stage:
    stage = stage.model_copy(update={"blocks": int(sys.argv[3])})
before = resident("VmRSS")
data = Path(sys.argv[1]).read_bytes()
began = time.perf_counter()
posts = read_posts(data, len(manifest.features.post), stage)
posts.rows_of(posts.ids[:1])
seconds = time.perf_counter() - began
del data
print(seconds, resident("VmRSS") - before, resident("VmHWM") - before)
"""
"""In a process of its own, whose peak is nobody else's."""


def served(store: str) -> Release:
    """The release that the store serves first."""
    opened = open_store(store)
    channel = parse_channel(
        opened.read(layout.channel_key(layout.PRODUCTION)).data, layout.PRODUCTION
    )
    return open_release(opened, channel.arms[0].release)


def shard(release: Release) -> str:
    """A shard of readers: its size, the time to check and read it, and the memory it takes."""
    path, width = layout.users_file(0), len(release.manifest.features.reader)
    taken = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        data = release.read(path)
        readers = read_readers(data, width, path)
        taken.append((time.perf_counter() - began) * 1000)
    arrays = (readers.ids, readers.features, readers.liked_ends, readers.liked)
    return (
        f"a shard: {len(readers.ids):,} readers, {len(data):,} bytes, read and checked in "
        f"{statistics.median(taken):.1f} ms (least {min(taken):.1f}), "
        f"{sum(array.nbytes for array in arrays):,} bytes of memory, "
        f"{len(readers.liked) / len(readers.ids):.1f} liked posts a reader"
    )


def call(store: str, reader: int) -> str:
    """The bytes of a call's line and of its answer."""
    entry = lambda_entry(create_app(Settings(store=store)))
    event = json.loads(_EVENT.read_text(encoding="utf-8"))
    event["rawQueryString"] = f"id={reader}&limit=5"
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        answer = entry(event, _CONTEXT)
    line = log.getvalue().strip().splitlines()[-1]
    return f"a call: {len(line):,} bytes of log, {len(answer['body'].encode()):,} of answer"


def texts(release: Release) -> str:
    """The bytes of a post's text, in the mean."""
    column = pq.read_table(pa.BufferReader(release.read(layout.POSTS)), columns=[layout.TEXT])
    mean = pc.mean(pc.binary_length(column[layout.TEXT])).as_py()
    return f"a post: {mean:,.0f} bytes of text"


def posts(release: Release, count: int, folder: Path) -> str:
    """Bytes, seconds and memory of so many posts; above a size they are in blocks, as published."""
    table = pq.read_table(pa.BufferReader(release.read(layout.POSTS)))
    repeated = pa.concat_tables([table] * (count // len(table) + 1)).slice(0, count)
    numbers = pa.array(range(count), pa.int64())
    place = repeated.schema.get_field_index(layout.POST_ID)
    repeated = repeated.set_column(place, layout.POST_ID, numbers)
    blocks = 2 ** ((count // 128).bit_length() - 1) if count > _LEAST_IN_BLOCKS else 0
    if blocks:
        of_block = pa.array((row * blocks // count for row in range(count)), pa.int32())
        repeated = repeated.append_column(layout.BLOCK, of_block)
    file, manifest = folder / "posts.parquet", folder / "manifest.json"
    # As it is published: one row group.
    pq.write_table(repeated, file, compression="zstd", row_group_size=count)
    manifest.write_text(release.manifest.model_dump_json(), encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - this program's own reader
        [sys.executable, "-c", _READING, file, manifest, str(blocks)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1]
        return f"{count:,} posts cannot be read: {why.rpartition(': ')[2]}"
    seconds, after, peak = (float(number) for number in done.stdout.split())
    stored, after, peak = (size / count for size in (file.stat().st_size, after, peak))
    return (
        f"{count:,} posts: {stored:,.0f} bytes of file, {after:,.0f} of memory and {peak:,.0f} "
        f"at the peak a post, {seconds:.2f} s"
    )


def main() -> None:
    """Print what the command's argument names."""
    parser = argparse.ArgumentParser(prog="python -m tools.scaling.footprint", description=__doc__)
    parser.add_argument("store", help="a store that serves a release")
    parser.add_argument("--posts", type=int, nargs="*", default=[10_000], metavar="N")
    parser.add_argument("--reader", type=int, default=200, metavar="ID")
    arguments = parser.parse_args()
    try:
        release = served(arguments.store)
    except ArtifactError as error:
        sys.exit(str(error))
    print(shard(release))
    print(call(arguments.store, arguments.reader))
    print(texts(release))
    for count in arguments.posts:
        with TemporaryDirectory() as folder:
            print(posts(release, count, Path(folder)))


if __name__ == "__main__":
    main()
