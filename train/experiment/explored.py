"""The feeds of an arm that were drawn by chance, as arrays."""

import numpy as np

from train.experiment.offpolicy import PLACES, Explored
from train.warehouse import Warehouse

MOST = 50_000
"""Feeds that are looked at: half a minute, and half a gigabyte."""

# A share of 0 is one too small to be written down: nothing can be divided by it.
_USABLE = (
    f"len(posts) >= {PLACES} AND len(candidates) >= {PLACES} "
    f"AND list_min(propensities[1:{PLACES}]) > 0"
)


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
