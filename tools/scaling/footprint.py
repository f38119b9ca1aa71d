"""`python -m tools.scaling.footprint STORE`: what a release takes in a container, as it is read.

Of the release that the store serves: a shard of readers, a call's line in the log and its answer,
and the posts, themselves and repeated until there are as many as are asked for.
"""

import argparse
import contextlib
import io
import json
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from artifacts import layout
from artifacts.channel import parse_channel
from artifacts.errors import ArtifactError
from artifacts.release import Release, open_release
from artifacts.stores import open_store
from handler.api import create_app
from handler.entry import lambda_entry
from handler.settings import Settings
from handler.tables import read_readers
from tools.scaling.catalogue import posts, texts

if TYPE_CHECKING:
    from mangum.types import LambdaContext

_EVENT = Path(__file__).parents[2] / "events" / "recommendations-v2.json"
_ROUNDS = 25
_CONTEXT = cast(
    "LambdaContext",
    SimpleNamespace(aws_request_id="8f5d1c1e-7a0b-4c55-a8a5-3f9c2c6f7d10", function_name="lenta"),
)


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
