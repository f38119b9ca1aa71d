"""Run in the function's folder, by its Python: what a start is made of, as a line of JSON."""

import json
import sys
import time
from pathlib import Path

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.release import open_release
from artifacts.stores import open_store
from handler.session import session
from handler.tables import read_posts

store = open_store(sys.argv[1])
laps = [time.perf_counter()]
channel = read_channel(store)
assert channel is not None  # noqa: S101 - it was promoted just before
release = open_release(store, channel.arms[0].release)
manifest = release.manifest
laps.append(time.perf_counter())
read = [release.read(layout.RANKER), release.read(layout.POSTS)]
laps.append(time.perf_counter())
posts = read_posts(read.pop(), len(manifest.features.post), manifest.first_stage)
laps.append(time.perf_counter())
ranker = session(read.pop())
laps.append(time.perf_counter())

names = ("manifest", "download", "parse", "session")
taken = {
    name: (after - before) * 1000
    for name, before, after in zip(names, laps, laps[1:], strict=False)
}
status = Path("/proc/self/status").read_text(encoding="utf-8")
taken["MB"] = int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
print(json.dumps(taken))
