"""The features of a run: from clean tables to the rows that are learned from and served."""

from datetime import date, timedelta

from train.features.encoders import Encoders, fit_encoders
from train.features.rows import Features, feature_matrix, pairs, unknown_reader
from train.features.steps import count_days, define, make_network, make_reader_rows, store_encoded
from train.warehouse import Warehouse


def build_features(warehouse: Warehouse, most_pairs: int, seed: int) -> Features:
    """Make the tables of features in the warehouse and return what is learned from.

    Args:
        warehouse: has `readers`, `posts`, `feed` and `feed_facts`.
        most_pairs: bounds the memory and the time of the fit.
        seed: of the text vectors.
    """
    encoders = fit_encoders(warehouse, seed)
    make_features(warehouse, encoders, most_pairs)
    return read_features(warehouse, encoders, most_pairs)


def make_features(warehouse: Warehouse, encoders: Encoders, most_pairs: int) -> None:
    """Make the tables `reader_rows`, `post_rows` and `pairs`.

    Statistics are taken over every reader; the pairs are of as many whole readers as keep them
    within about `most_pairs`.

    Args:
        warehouse: as of `build_features`.
        encoders: fitted to its tables.
        most_pairs: as of `build_features`.
    """
    make_rows(warehouse, encoders, sample_of(warehouse, most_pairs))
    warehouse.run("pairs")


def read_features(warehouse: Warehouse, encoders: Encoders, most_pairs: int) -> Features:
    """What is learned from, of tables that were made before, be it by a run that died.

    Args:
        warehouse: as `make_features` has left it.
        encoders: with which they were made.
        most_pairs: as it was told.
    """
    first, last = days_of(warehouse)
    define(warehouse, first, last, sample_of(warehouse, most_pairs))
    reader_rows, post_rows = (
        warehouse.arrow(f"SELECT features FROM {kind}_rows ORDER BY row")  # noqa: S608 - our own names
        for kind in ("reader", "post")
    )
    schema = encoders.schema
    return Features(
        encoders,
        unknown_reader(warehouse, schema),
        feature_matrix(reader_rows, schema.reader),
        feature_matrix(post_rows, schema.post),
        pairs(warehouse),
    )


def sample_of(warehouse: Warehouse, most_pairs: int) -> float:
    """The share of readers whose views are about `most_pairs`."""
    views: int = warehouse.query("SELECT views FROM feed_facts")[0][0]
    return min(1.0, most_pairs / views)


def make_rows(warehouse: Warehouse, encoders: Encoders, sample: float) -> None:
    """Make the tables `reader_rows` and `post_rows`, of the serving day and of what was shown.

    Args:
        warehouse: has `readers`, `posts`, `feed` and `feed_facts`.
        encoders: fitted to these tables, or to those that a model was trained on.
        sample: the share of readers of whom what was shown is wanted; 0 for the serving day alone.
    """
    store_encoded(warehouse, encoders)
    count_days(warehouse, sample)
    make_counted_rows(warehouse, encoders, sample)


def make_counted_rows(warehouse: Warehouse, encoders: Encoders, sample: float) -> None:
    """The same of days that are counted already, with these encoders.

    Args:
        warehouse: has `readers`, `posts`, `feed_facts`, and what `store_encoded` and `count_days`
            make.
        encoders: as of `make_rows`.
        sample: as of `make_rows`; at most the share of readers of whom what was shown is kept.
    """
    first, last = days_of(warehouse)
    make_network(warehouse, encoders, first, last, sample)
    make_reader_rows(warehouse, first, last, sample)


_MOST_LOST = 2.0
"""A source that loses more than half of its rows is refused: so many times the share of readers
that would do if none were lost do in any case."""


def most_of_sample(warehouse: Warehouse, most_pairs: int) -> float:
    """At least `sample_of`, before it is known which rows can be used.

    Args:
        warehouse: has `raw_feed_data`.
        most_pairs: as of `sample_of`.
    """
    views: int = warehouse.query("SELECT count(*) FROM raw_feed_data WHERE action = 'view'")[0][0]
    return min(1.0, _MOST_LOST * most_pairs / max(views, 1))


def days_of(warehouse: Warehouse) -> tuple[date, date]:
    """The first and the last day with a view."""
    first, last = warehouse.query("SELECT first_day, last_day FROM feed_facts")[0]
    return first, last


def serving_day(warehouse: Warehouse) -> date:
    """The day after the last one with a view: what is served then knows all of the feed."""
    return days_of(warehouse)[1] + timedelta(days=1)
