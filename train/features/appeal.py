"""How much a post appeals to the readers of an age band, as far as is known on a day.

Interests differ by age, in steps, and more than by anything else that a profile tells. But a post
has few views by the readers of one band. So what they did with it is drawn towards what the post's
topic and text, and what the readers of the other bands did with it, make probable: ridge
regression, whose penalty comes from the data (Efron and Morris, "Data analysis using Stein's
estimator", JASA 1975). Where the bands do not differ, nothing is left of it.

Two things are estimated that way: the share of views that were liked, and the share of showings in
the first half of a session. The second is known of every view, not of the eighth that is liked, and
tells the same where the network puts first what it holds to be liked.
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from train.features.schema import BANDS, Schema
from train.warehouse import Warehouse

Floats = npt.NDArray[np.float64]

COUNTS = ("early", "likes")

_SPREAD_OF_TEXT = 4.0
"""Times this, a number of a text's vector, which is of unit length, spreads by about 1."""
_COLUMNS = 10.0
"""Of the columns that may predict a share, as many as would explain all of its spread."""
_LEAST_PAIRS = 1_000
"""As many pairs of views of one post as if none of them had agreed more than by chance."""
_MOST_VIEWS = 10_000.0
"""Views that a prior may count for, where no difference between posts is found."""


def store_appeal(warehouse: Warehouse, schema: Schema, vectors: Floats) -> None:
    """Make the table `post_appeal`: (post_id, as_of, appeal FLOAT[]) for all of `post_requests`.

    `appeal` is the early share for each of BANDS, then the like rate for each.

    Args:
        warehouse: has `post_requests`, `post_vectors` and `post_band_daily`.
        schema: of the network's topics.
        vectors: float64 [N, text dimensions], of the posts by ascending id.
    """
    ids, topic = warehouse.arrays(
        "SELECT post_id, topic FROM post_vectors ORDER BY post_id"
    ).values()
    known = np.column_stack((np.eye(len(schema.topics))[topic], vectors * _SPREAD_OF_TEXT))
    daily = warehouse.arrays("FROM post_band_daily ORDER BY day, post_id, band")
    row = np.searchsorted(ids, daily["post_id"])
    wanted = warehouse.arrays("SELECT * FROM post_requests ORDER BY as_of, post_id")
    days, starts = np.unique(wanted["as_of"], return_index=True)
    views = np.zeros((len(BANDS), len(ids)))
    counted = {name: np.zeros_like(views) for name in COUNTS}
    done, parts = 0, []
    for day, rows in zip(days, np.split(wanted["post_id"], starts[1:]), strict=True):
        end = int(np.searchsorted(daily["day"], day))
        of = slice(done, end)
        np.add.at(views, (daily["band"][of], row[of]), daily["views"][of])
        for name, counts in counted.items():
            np.add.at(counts, (daily["band"][of], row[of]), daily[name][of])
        done = end
        appeal = np.concatenate([shares(views, counted[name], known) for name in COUNTS])
        parts.append(_table(appeal.T[np.searchsorted(ids, rows)], rows, day))
    warehouse.register("post_appeal", pa.concat_tables(parts))


def shares(views: Floats, counts: Floats, known: Floats) -> Floats:
    """The share of views that count, for each band and post, as it probably is.

    Args:
        views: float64 [bands, N], whole numbers.
        counts: float64 [bands, N], how many of them count.
        known: float64 [N, columns], what is known of a post without any view.

    Returns:
        float64 [bands, N].
    """
    mean = counts.sum() / max(views.sum(), 1.0)
    noise = mean * (1 - mean)
    if not noise:  # of no view, or of all alike, there is nothing to tell
        return np.full_like(views, mean)
    spread = max(_spread(views, counts), noise / _MOST_VIEWS)
    surplus = counts - mean * views
    weight = noise / spread
    first = [_deviation(*band, known, weight) for band in zip(views, surplus, strict=True)]
    # Once more, now that it is known what the others make of a post.
    columns = [estimate / np.sqrt(spread) for estimate in first]
    bands = [
        _deviation(*band, np.column_stack((known, *columns[:i], *columns[i + 1 :])), weight)
        for i, band in enumerate(zip(views, surplus, strict=True))
    ]
    found: Floats = mean + np.array(bands)
    return found


def _spread(views: Floats, counts: Floats) -> float:
    """The variance of the true shares: how much more two views of a post agree than by chance."""
    means = counts.sum(axis=1, keepdims=True) / np.maximum(views.sum(axis=1, keepdims=True), 1.0)
    pairs = views * (views - 1)
    surplus = (counts * (counts - 1) - means**2 * pairs).sum()
    return float(surplus / (pairs.sum() + _LEAST_PAIRS))


def _deviation(views: Floats, surplus: Floats, columns: Floats, weight: float) -> Floats:
    """float64 [N]: how far each post's share is from the mean.

    Args:
        views: float64 [N].
        surplus: float64 [N], by how much more of them counted than was expected.
        columns: float64 [N, columns], what predicts it.
        weight: views that the mean counts for where nothing else is known.
    """
    square: Floats = (columns * views[:, np.newaxis]).T @ columns
    penalty = _COLUMNS * weight * np.eye(len(square))
    predicted = columns @ np.linalg.solve(square + penalty, columns.T @ surplus)
    # About half of the spread is predicted: what is predicted weighs twice as much as the mean.
    return (surplus + 2 * weight * predicted) / (views + 2 * weight)


def _table(appeal: Floats, post_ids: npt.NDArray[np.int64], as_of: date) -> pa.Table:
    values = pa.array(appeal.astype(np.float32).ravel())
    return pa.table(
        {
            "post_id": post_ids,
            "as_of": np.full(len(post_ids), as_of),
            "appeal": pa.FixedSizeListArray.from_arrays(values, appeal.shape[1]),
        }
    )
