"""What would have been served from a day on, had some readers never come or some posts been new.

The tables are cut before anything is computed from them: neither the days from that day on nor the
feed of the readers and the posts held out are there. What is not there cannot leak, whatever the
features are.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from train.evaluation.world import UNKNOWN_READER, World, make_world
from train.features.build import build_features
from train.features.rows import Features, rows_to_serve
from train.source.checks import clean_tables
from train.source.tables import TableNames
from train.warehouse import Warehouse

NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class Release:
    """A world that ends before a day, and the rows that would be served from that day on.

    Attributes:
        world: ends the day before, and has no row of the feed of what is held out.
        day: the day.
        reader_ids: int64, ascending, of all readers; those held out are known by profile.
        readers: float32 [readers, R]; one row more, of NaN, is of the unknown reader.
        post_ids: int64, most liked first.
        posts: float32 [posts, P].
    """

    world: World
    day: date
    reader_ids: npt.NDArray[np.int64]
    readers: npt.NDArray[np.float32]
    post_ids: npt.NDArray[np.int64]
    posts: npt.NDArray[np.float32]

    def rows_for(self, pairs: dict[str, npt.NDArray[Any]]) -> Features:
        """Pairs of other features with the rows of this release, as of its day.

        Args:
            pairs: their `user_id` may be `UNKNOWN_READER`.
        """
        reader = np.searchsorted(self.reader_ids, pairs["user_id"])
        reader[pairs["user_id"] == UNKNOWN_READER] = len(self.reader_ids)
        by_id = np.argsort(self.post_ids)
        post = by_id[np.searchsorted(self.post_ids, pairs["post_id"], sorter=by_id)]
        day = np.full(len(post), np.datetime64(self.day, "D"))
        moved = {**pairs, "reader_row": reader, "post_row": post, "day": day}
        return replace(self.world.features, readers=self.readers, posts=self.posts, pairs=moved)


class Past:
    """The tables of a source, cut anew for each release.

    Args:
        warehouse: has `raw_user_data`, `raw_post_text_df` and a clean `feed`.
        most_pairs: of `build_features`.
        seed: of the text vectors.
    """

    def __init__(self, warehouse: Warehouse, most_pairs: int, seed: int) -> None:
        self._warehouse, self._most_pairs, self._seed = warehouse, most_pairs, seed
        warehouse.query(
            'CREATE TABLE whole_feed AS SELECT moment AS "timestamp", day, user_id, post_id, '
            "CASE WHEN is_view THEN 'view' ELSE 'like' END AS action, liked::INTEGER AS target "
            "FROM feed"
        )

    def release(
        self, day: date, readers: npt.NDArray[np.int64], posts: npt.NDArray[np.int64] = NOTHING
    ) -> Release:
        """What is known at the start of `day` if these readers had never come.

        Args:
            day: the release's.
            readers: ids of those who are known by their profile alone.
            posts: ids of those that nobody has seen yet: known by their text alone.
        """
        self._warehouse.register("held_out_readers", pa.table({"user_id": readers}))
        self._warehouse.register("held_out_posts", pa.table({"post_id": posts}))
        self._warehouse.query(
            "CREATE OR REPLACE VIEW raw_feed_data AS SELECT * FROM whole_feed "  # noqa: S608 - a date
            "ANTI JOIN held_out_readers USING (user_id) ANTI JOIN held_out_posts USING (post_id) "
            f"WHERE day < DATE '{day}'"
        )
        end = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the network's own clock
        clean_tables(self._warehouse, TableNames(), "UTC", end)
        features = build_features(self._warehouse, self._most_pairs, self._seed)
        world = make_world(self._warehouse, features)
        known, catalogue = (
            rows_to_serve(self._warehouse, kind, features.schema) for kind in ("reader", "post")
        )
        nobody = np.full((1, known.features.shape[1]), np.nan, np.float32)
        return Release(
            world, day, known.ids, np.concatenate((known.features, nobody)),
            catalogue.ids, catalogue.features,
        )  # fmt: skip
