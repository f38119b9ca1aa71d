"""A small network without any table: rows of readers and posts, and a booster fitted to them."""

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from train.features.schema import BANDS, schema_for
from train.features.text import DIMENSIONS

SCHEMA = schema_for(["sport", "movie", "tech", "sport"])
POSTS, READERS = 40, 30
NOON = 1_633_089_600 + 12 * 3_600  # Friday 2021-10-01 12:00

Floats = npt.NDArray[np.float32]


def network(seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Rows of readers and posts, and the unknown reader's."""
    generator = np.random.default_rng(seed)
    readers = generator.uniform(0.05, 0.3, (READERS, len(SCHEMA.reader))).astype(np.float32)
    posts = generator.normal(size=(POSTS, len(SCHEMA.post))).astype(np.float32)
    posts[:, 0] = generator.integers(0, 3, POSTS)
    return readers, posts, generator.uniform(0.1, 0.2, len(SCHEMA.reader)).astype(np.float32)


def plain_inputs(reader: Floats, posts: Floats, time: int) -> Floats:
    """What the graph should make of one reader and some posts, said again in numpy."""
    count, topics = len(SCHEMA.reader_scalars), len(SCHEMA.topics)
    scalars, rates, taste, band = np.split(
        reader, [count, count + topics, count + topics + DIMENSIONS]
    )
    of_post = len(SCHEMA.post_scalars)
    ends = [of_post, of_post + DIMENSIONS, of_post + DIMENSIONS + len(BANDS)]
    post_scalars, text, early, likes = np.split(posts, ends, axis=1)
    rate = rates[posts[:, 0].astype(int)]
    moment = np.datetime64(time, "s")
    hour = (moment - moment.astype("datetime64[D]")) // np.timedelta64(1, "h")
    columns = [
        np.tile(scalars, (len(posts), 1)),
        post_scalars,
        rate[:, np.newaxis],
        (rate / scalars[SCHEMA.reader_scalars.index("reader_like_rate")])[:, np.newaxis],
        (taste * text).sum(axis=1, keepdims=True),
        (band * early).sum(axis=1, keepdims=True),
        (band * likes).sum(axis=1, keepdims=True),
        np.tile([hour, moment.item().weekday()], (len(posts), 1)),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def trained(seed: int = 0) -> tuple[lgb.Booster, Floats, Floats, Floats]:
    readers, posts, unknown = network(seed)
    generator = np.random.default_rng(seed)
    inputs = np.concatenate([plain_inputs(row, posts, NOON) for row in readers])
    liked = inputs[:, SCHEMA.model.index("text_affinity")] > generator.normal(0, 0.3, len(inputs))
    data = lgb.Dataset(inputs, liked)
    booster = lgb.train({"objective": "binary", "verbosity": -1, "num_threads": 2}, data, 20)
    return booster, readers, posts, unknown
