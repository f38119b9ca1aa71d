"""The feeds of an arm that were drawn by chance, as arrays."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.experiment.gather import Floats
from train.experiment.plackett_luce import Ids
from train.warehouse import Warehouse

PLACES = 5
"""Of a feed, whose likes are counted."""

MOST = 50_000
"""Feeds that are looked at; so many take half a minute."""

# A share of 0 is one too small to be written down: nothing can be divided by it.
_USABLE = (
    f"len(posts) >= {PLACES} AND len(candidates) >= {PLACES} "
    f"AND list_min(propensities[1:{PLACES}]) > 0"
)


@dataclass(frozen=True)
class Explored:
    """Feeds that were drawn by chance, of at least PLACES posts.

    Attributes:
        reader: int64 [feeds], numbers from 0.
        scores: float64 [feeds, candidates], best first, -inf where there is none.
        temperature: float64 [feeds].
        chosen: int64 [feeds, PLACES], columns of `scores`.
        propensities: float64 [feeds, PLACES], of each place given those before it.
        liked: bool [feeds, PLACES].
    """

    reader: Ids
    scores: Floats
    temperature: Floats
    chosen: Ids
    propensities: Floats
    liked: npt.NDArray[np.bool_]


def explored_feeds(warehouse: Warehouse, arm: str) -> Explored | None:
    """Those of at least PLACES posts, of whole readers up to MOST; None if there is none.

    Pseudonyms are drawn by chance: the first readers in their order are like all.

    Args:
        warehouse: has `compared` and `attributed`.
        arm: whose feeds.
    """
    rows = warehouse.query(
        f"""
        WITH liked AS (SELECT exposure, list(place) AS places FROM attributed GROUP BY exposure)
        SELECT dense_rank() OVER (ORDER BY reader) - 1, temperature, candidate_scores,
            list_transform(posts[1:{PLACES}], lambda p: list_position(candidates, p) - 1),
            propensities[1:{PLACES}], coalesce(places, [])
        FROM compared LEFT JOIN liked USING (exposure)
        WHERE arm = $arm AND temperature IS NOT NULL AND {_USABLE}
        QUALIFY count(*) OVER (ORDER BY reader) <= {MOST}
        ORDER BY exposure
        """,  # noqa: S608 - our own numbers
        arm=arm,
    )
    if not rows:
        return None
    reader, temperature, scores, chosen, propensities, places = zip(*rows, strict=True)
    padded = np.full((len(rows), max(map(len, scores))), -np.inf)
    for row, of_feed in zip(padded, scores, strict=True):
        row[: len(of_feed)] = of_feed
    at = np.arange(1, PLACES + 1)
    return Explored(
        reader=np.array(reader, np.int64),
        scores=padded,
        temperature=np.array(temperature, np.float64),
        chosen=np.array(chosen, np.int64),
        propensities=np.array(propensities, np.float64),
        liked=np.stack([np.isin(at, liked) for liked in places]),
    )
