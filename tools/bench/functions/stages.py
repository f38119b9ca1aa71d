"""Run in the function's folder, by its Python: what a start is made of, as a line of JSON."""

import json
import resource
import sys
import time

import arro3.io
import numpy as np
import onnxruntime

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.release import open_release
from artifacts.stores import open_store
from handler.recommender import Recommender
from handler.session import session
from handler.tables import read_posts

taken: dict[str, float] = {}


def lap(name: str) -> None:
    global began  # noqa: PLW0603 - a script
    now = time.perf_counter()
    taken[name] = (now - began) * 1000
    began = now


began = time.perf_counter()
store = open_store(sys.argv[1])
release = open_release(store, read_channel(store).arms[0].release)
lap("manifest")
posts, graph = release.read(layout.POSTS), release.read(layout.RANKER)
lap("download")
found = read_posts(posts, len(release.manifest.features.post), release.manifest.first_stage)
lap("parse")
session(graph)
lap("session")
taken["MB"] = len(posts) / 1e6
taken["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
print(json.dumps(taken))
