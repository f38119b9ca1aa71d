"""How much a post appeals to the readers of an age band, as far as is known on a day.

Interests differ by age, in steps, and more than by anything else that a profile tells. But a post
has few views by the readers of one band. So what they did with it is drawn towards what the post's
topic and text make probable (ridge regression), and towards what the readers of the other bands did
with it, as far as bands agree in general: empirical Bayes, whose penalty and covariance come from
the data (Efron and Morris, "Data analysis using Stein's estimator", JASA 1975; Robinson, "That BLUP
is a good thing", Statistical Science 1991). Where posts do not differ, nothing is left of it.

Two things are estimated that way: the share of views that were liked, and the share of showings in
the first half of a session. The second is known of every view, not of the eighth that is liked, and
tells the same where the network puts first what it holds to be liked.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from train.features.schema import BANDS, Schema
from train.features.text import DIMENSIONS, UNIT
from train.warehouse import Warehouse

Floats = npt.NDArray[np.float64]

COUNTS = ("early", "likes")

_SPREAD_OF_TEXT = 4.0
"""Times this, a number of a text's vector, which is of unit length, spreads by about 1."""
_COLUMNS = 10.0
"""Of the columns that may predict a share, as many as would explain all of its spread."""
_LEAST_PAIRS = 1_000
"""As many pairs of views of one post as if none of them had agreed more than by chance."""
_PAIRS_OF_TWO_BANDS = 10_000
"""As many pairs of views of two bands as if they had agreed as all bands do on average."""
_MOST_VIEWS = 10_000.0
"""Views that a prior may count for, where no difference between posts is found."""


def store_appeal(warehouse: Warehouse, schema: Schema) -> None:
    """Make the table `post_appeal`: (post_id, as_of, appeal FLOAT[]) for all of `post_requests`.

    `appeal` is the early share for each of BANDS, then the like rate for each.

    Args:
        warehouse: has `post_requests`, `post_vectors` and `post_band_daily`.
        schema: of the network's topics.
    """
    posts = warehouse.arrays("FROM post_vectors ORDER BY post_id")
    ids, topic = posts["post_id"], posts["topic"]
    vectors = UNIT * np.column_stack([posts[f"text_{i}"] for i in range(DIMENSIONS)])
    known = np.column_stack((np.eye(len(schema.topics))[topic], vectors * _SPREAD_OF_TEXT))
    daily = warehouse.arrays("FROM post_band_daily ORDER BY day, post_id, band")
    cell = daily["band"] * len(ids) + np.searchsorted(ids, daily["post_id"])
    wanted = warehouse.arrays("SELECT * FROM post_requests ORDER BY as_of, post_id")
    days, starts = np.unique(wanted["as_of"], return_index=True)
    told = {name: np.zeros((len(BANDS), len(ids))) for name in ("views", *COUNTS)}
    done, parts = 0, []
    with ThreadPoolExecutor(len(COUNTS)) as pool:
        for day, rows in zip(days, np.split(wanted["post_id"], starts[1:]), strict=True):
            end = int(np.searchsorted(daily["day"], day))
            for name, table in told.items():
                new = np.bincount(cell[done:end], daily[name][done:end], table.size)
                np.add(table, new.reshape(table.shape), out=table)
            done = end
            asked = partial(shares, told["views"], known=known, of=np.searchsorted(ids, rows))
            each = list(pool.map(asked, (told[name] for name in COUNTS)))
            parts.append(_table(np.concatenate(each).T, rows, day))
    warehouse.register("post_appeal", pa.concat_tables(parts))


def shares(views: Floats, counts: Floats, known: Floats, of: npt.NDArray[np.integer]) -> Floats:
    """The share of views that count, for each band and some of the posts, as it probably is.

    Args:
        views: float64 [bands, N], whole numbers; the last band is everyone.
        counts: float64 [bands, N], how many of them count.
        known: float64 [N, columns], what is known of a post without any view.
        of: [n], the posts that are asked for; all tell what they are drawn towards.

    Returns:
        float64 [bands, n].
    """
    mean = counts.sum() / max(views.sum(), 1.0)
    noise = mean * (1 - mean)
    if not noise:  # of no view, or of all alike, there is nothing to tell
        return np.full((len(views), len(of)), mean)
    if not views[:-1].any():  # of no reader the age is known: everyone is the only band
        told, found = (np.tile(table[-1], (2, 1)) for table in (views, counts))
        return np.tile(shares(told, found, known, of)[-1], (len(views), 1))
    least = noise / _MOST_VIEWS
    spread = max(_spread(views, counts), least)
    everyone = mean + _predicted(views[-1], counts[-1] - mean * views[-1], known, noise / spread)
    views, counts = views[:-1], counts[:-1]
    expected = np.array(
        [
            everyone + _predicted(seen, found - seen * everyone, known, noise / spread)
            for seen, found in zip(views, counts, strict=True)
        ]
    )
    agreement = _agreement(views, counts, expected, spread, least)
    surplus = (counts[:, of] - views[:, of] * expected[:, of]).T
    # The posterior mean of a normal prior of that covariance, for views of variance `noise`.
    system = np.eye(len(views)) + agreement * (views[:, of].T / noise)[:, np.newaxis, :]
    deviation = np.linalg.solve(system, (surplus @ agreement)[:, :, np.newaxis] / noise)
    bands = expected[:, of] + deviation[:, :, 0].T
    weight = views.sum(axis=1) / views.sum()
    return np.vstack((bands, weight @ bands))


def _spread(views: Floats, counts: Floats) -> float:
    """The variance of the true shares: how much more two views of a post agree than by chance."""
    means = counts.sum(axis=1, keepdims=True) / np.maximum(views.sum(axis=1, keepdims=True), 1.0)
    pairs = views * (views - 1)
    surplus = (counts * (counts - 1) - means**2 * pairs).sum()
    return float(surplus / (pairs.sum() + _LEAST_PAIRS))


def _predicted(views: Floats, surplus: Floats, columns: Floats, weight: float) -> Floats:
    """float64 [N]: what the columns tell of how far each post's share is from what was expected.

    Args:
        views: float64 [N].
        surplus: float64 [N], by how much more of them counted than was expected.
        columns: float64 [N, columns].
        weight: views that tell as much of a post as it is known that it is one of these posts.
    """
    square: Floats = (columns * views[:, np.newaxis]).T @ columns
    penalty = _COLUMNS * weight * np.eye(len(square))
    found: Floats = columns @ np.linalg.solve(square + penalty, columns.T @ surplus)
    return found


def _agreement(
    views: Floats, counts: Floats, expected: Floats, spread: float, least: float
) -> Floats:
    """float64 [bands, bands]: how the true shares vary about what was expected, and go together.

    Each two views of a post by readers of two bands tell a little of it, or of one band. Where
    there are few, all bands are taken to vary alike.
    """
    surplus = counts - views * expected
    found, pairs = surplus @ surplus.T, views @ views.T
    own, others = np.eye(len(views), dtype=bool), ~np.eye(len(views), dtype=bool)
    pairs[own] = (views * (views - 1)).sum(axis=1)
    squares = counts * (counts - 1) - 2 * expected * counts * (views - 1)
    found[own] = (squares + expected**2 * views * (views - 1)).sum(axis=1)
    variance = (found[own].sum() + _LEAST_PAIRS * spread / 2) / (pairs[own].sum() + _LEAST_PAIRS)
    together = found[others].sum() / (pairs[others].sum() + _LEAST_PAIRS)
    alike = np.where(own, variance, np.clip(together, 0.0, max(variance, 0.0)))
    mixed = (found + _PAIRS_OF_TWO_BANDS * alike) / (pairs + _PAIRS_OF_TWO_BANDS)
    values, vectors = np.linalg.eigh(mixed)
    whole: Floats = (vectors * np.maximum(values, least)) @ vectors.T
    return whole


def _table(appeal: Floats, post_ids: npt.NDArray[np.int64], as_of: date) -> pa.Table:
    values = pa.array(appeal.astype(np.float32).ravel())
    return pa.table(
        {
            "post_id": post_ids,
            "as_of": np.full(len(post_ids), as_of),
            "appeal": pa.FixedSizeListArray.from_arrays(values, appeal.shape[1]),
        }
    )
