"""The features of a run: from clean tables to the rows that are learned from and served."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from train.features.appeal import store_appeal
from train.features.encoders import Encoders, fit_encoders
from train.features.schema import AGE_LIMITS, BANDS, EVERYONE, Schema
from train.features.text import DIMENSIONS, UNIT
from train.warehouse import Warehouse

SESSION_GAP_MINUTES = 30
"""A pause after which a visit has ended: the usual limit of web analytics; within a session the
network's readers pause for three minutes at most."""

_COUNTS = ("views", "history", "requests", "appeal")
_ROWS = "features"
SCRIPTS = ("clean", *_COUNTS, _ROWS)
"""Of `train/sql/`, those that decide what a feature means."""


@dataclass(frozen=True)
class FeatureRows:
    """Rows of features: `ids` int64 [n]; `features` float32 [n, columns]."""

    ids: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Features:
    """All that is learned from: what was shown, and the rows that it was shown with.

    `pairs` holds arrays of equal length: user_id, post_id, session, day (datetime64), time (when
    the session began, as a call for its feed would have told: epoch seconds of the network's
    clock), liked (bool), and reader_row and post_row, which index `readers` (float32 [·, R]) and
    `posts` (float32 [·, P]). `unknown_reader`, float32 [R], stands in where a reader's feature is
    NaN.
    """

    encoders: Encoders
    unknown_reader: npt.NDArray[np.float32]
    readers: npt.NDArray[np.float32]
    posts: npt.NDArray[np.float32]
    pairs: dict[str, npt.NDArray[Any]]

    @property
    def schema(self) -> Schema:
        """Which feature stands where."""
        return self.encoders.schema

    def select(self, chosen: npt.NDArray[np.bool_]) -> "Features":
        """The same of the chosen pairs alone, bool [pairs]."""
        return replace(self, pairs={name: pair[chosen] for name, pair in self.pairs.items()})


def build_features(warehouse: Warehouse, most_pairs: int, seed: int) -> Features:
    """Make the tables of features in the warehouse and return what is learned from.

    Statistics are taken over every reader; the pairs are of as many whole readers as keep them
    within about `most_pairs`.

    Args:
        warehouse: has `readers`, `posts`, `feed` and `feed_facts`.
        most_pairs: bounds the memory and the time of the fit.
        seed: of the text vectors.
    """
    encoders = fit_encoders(warehouse, seed)
    views = warehouse.query("SELECT views FROM feed_facts")[0][0]
    make_rows(warehouse, encoders, sample=min(1.0, most_pairs / views))
    warehouse.run("pairs")
    schema = encoders.schema
    return Features(
        encoders,
        unknown_reader(warehouse, schema, rows_to_serve(warehouse, "reader", schema)),
        feature_matrix(
            warehouse.arrow("SELECT features FROM reader_rows ORDER BY row"), schema.reader
        ),
        feature_matrix(warehouse.arrow("SELECT features FROM post_rows ORDER BY row"), schema.post),
        warehouse.arrays("FROM pairs ORDER BY user_id, time, post_id, liked"),
    )


def make_rows(warehouse: Warehouse, encoders: Encoders, sample: float) -> None:
    """Make the tables `reader_rows` and `post_rows`, of the serving day and of what was shown.

    Args:
        warehouse: has `readers`, `posts`, `feed` and `feed_facts`.
        encoders: fitted to these tables, or to those that a model was trained on.
        sample: the share of readers of whom what was shown is wanted; 0 for the serving day alone.
    """
    vectors = _store_post_vectors(warehouse, encoders)
    warehouse.register("known_places", encoders.places)
    variables = {
        "session_gap_minutes": SESSION_GAP_MINUTES,
        "age_limits": list(AGE_LIMITS),
        "sample": sample,
        "serving_day": serving_day(warehouse),
        "everyone": BANDS.index(EVERYONE),
        "no_topics": [0] * len(encoders.topics),
        "no_text": [0] * DIMENSIONS,
    }
    for script in _COUNTS:
        warehouse.run(script, **variables)
    store_appeal(warehouse, encoders.schema, vectors)
    warehouse.run(_ROWS)


def serving_day(warehouse: Warehouse) -> date:
    """The day after the last one with a view: what is served then knows all of the feed."""
    last: date = warehouse.query("SELECT last_day FROM feed_facts")[0][0]
    return last + timedelta(days=1)


def rows_to_serve(warehouse: Warehouse, kind: str, schema: Schema) -> FeatureRows:
    """The rows of `kind` for the serving day: "reader" by ascending id, "post" most liked first."""
    key, columns = {"reader": ("user_id", schema.reader), "post": ("post_id", schema.post)}[kind]
    table = warehouse.arrow(
        f"SELECT {key} AS id, features FROM {kind}_rows "  # noqa: S608 - our own names
        f"WHERE as_of = getvariable('serving_day') AND {key} IS NOT NULL ORDER BY id"
    )
    rows = FeatureRows(table["id"].to_numpy(), feature_matrix(table, columns))
    if kind == "reader":
        return rows
    rate = rows.features[:, columns.index("post_like_rate")]
    order = np.argsort(-rate, kind="stable")
    return FeatureRows(rows.ids[order], rows.features[order])


def unknown_reader(
    warehouse: Warehouse, schema: Schema, readers: FeatureRows
) -> npt.NDArray[np.float32]:
    """float32 [R]: what stands in for a reader of whom nothing is known.

    Rates as they are among all readers, no history, and the median of every field of the profile.
    """
    table = warehouse.arrow(
        "SELECT features FROM reader_rows "
        "WHERE as_of = getvariable('serving_day') AND user_id IS NULL"
    )
    row = feature_matrix(table, schema.reader)[0]
    # A field that is null for every reader tells nothing: any number will do.
    known = np.where(np.isnan(readers.features).all(axis=0), np.float32(0), readers.features)
    return np.where(np.isnan(row), np.nanmedian(known, axis=0), row).astype(np.float32)


def _store_post_vectors(warehouse: Warehouse, encoders: Encoders) -> npt.NDArray[np.float64]:
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
    return (vectors * UNIT).astype(np.float64)


def feature_matrix(table: pa.Table, columns: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """float32 [rows, columns] of the lists in the table's column `features`."""
    lists = table["features"].combine_chunks()
    values: npt.NDArray[np.float32] = lists.flatten().to_numpy(zero_copy_only=False)
    return values.astype(np.float32, copy=False).reshape(len(table), len(columns))
