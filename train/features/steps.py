"""The steps from clean tables to rows of features, each right for a part of the tables."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from train.features.appeal import store_appeal
from train.features.encoders import Encoders
from train.features.schema import AGE_LIMITS, BANDS, EVERYONE
from train.features.text import DIMENSIONS
from train.warehouse import Warehouse

SESSION_GAP_MINUTES = 30
"""A pause after which a visit has ended: the usual limit of web analytics; within a session the
network's readers pause for three minutes at most."""

SCRIPTS = (
    "clean", "clean_feed", "macros", "views", "daily", "learned", "network", "posts", "readers",
)  # fmt: skip
"""Of `train/sql/`, those that decide what a feature means."""


def store_encoded(warehouse: Warehouse, encoders: Encoders) -> None:
    """Make the tables `post_vectors` and `known_places`.

    Args:
        warehouse: has `posts`.
        encoders: what turns them into numbers.
    """
    posts = warehouse.arrow("SELECT post_id, text, topic FROM posts ORDER BY post_id")
    texts: list[str] = posts["text"].to_pylist()
    index = np.searchsorted(encoders.topics, posts["topic"].to_pylist())
    vectors = encoders.text.vectors(texts)
    columns = {
        "post_id": posts["post_id"],
        "topic": index,
        "length": [len(text) for text in texts],
        **{f"topic_{i}": (index == i).astype(np.int64) for i in range(len(encoders.topics))},
        **{f"text_{i}": vectors[:, i] for i in range(DIMENSIONS)},
    }
    warehouse.register("post_vectors", pa.table(columns))
    warehouse.register("known_places", encoders.places)


def set_bands(warehouse: Warehouse) -> None:
    """Tell the scripts the age bands."""
    warehouse.set(age_limits=list(AGE_LIMITS), everyone=BANDS.index(EVERYONE))


def count_days(warehouse: Warehouse, sample: float) -> None:
    """Count what happened on each day; right for any set of whole days.

    Args:
        warehouse: has `readers`, `post_vectors` and those days' `feed`; takes the tables of
            `train/sql/daily.sql`.
        sample: the share of readers of whom what was shown is kept.
    """
    set_bands(warehouse)
    warehouse.run("views", session_gap_minutes=SESSION_GAP_MINUTES)
    warehouse.run("daily", sample=sample)


def make_network(
    warehouse: Warehouse, encoders: Encoders, first: date, last: date, sample: float
) -> None:
    """Make what is known of all readers together, and the table `post_rows`.

    Args:
        warehouse: has `readers`, `posts`, `post_vectors`, `known_places`, and of all days
            `peer_daily`, `post_band_daily` and `shown`.
        encoders: of these vectors.
        first: the first day with a view.
        last: the last one.
        sample: the share of readers to learn from.
    """
    define(warehouse, first, last, sample)
    warehouse.run("network", no_topics=[0] * len(encoders.topics))
    store_appeal(warehouse, encoders.schema)
    warehouse.run("posts")


def make_reader_rows(warehouse: Warehouse, first: date, last: date, sample: float) -> None:
    """Make the table `reader_rows`; right for any set of whole readers.

    Args:
        warehouse: has `peer_rates`, and of those readers `profiles`, `reader_daily` and `shown`.
        first: the first day with a view.
        last: the last one.
        sample: the share of readers to learn from.
    """
    define(warehouse, first, last, sample)
    warehouse.run("readers", no_text=[0] * DIMENSIONS)


def define(warehouse: Warehouse, first: date, last: date, sample: float) -> None:
    """Set what the scripts after the counting need: days and who is learned from.

    Args:
        warehouse: has `shown`.
        first: the first day with a view.
        last: the last one.
        sample: the share of readers to learn from.
    """
    set_bands(warehouse)
    warehouse.set(serving_day=last + timedelta(days=1))
    warehouse.run("learned", first_day=first, sample=sample)
