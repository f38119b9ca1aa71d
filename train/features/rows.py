"""Rows of features, as the warehouse has made them, in arrays."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from train.features.encoders import Encoders
from train.features.schema import Schema
from train.warehouse import Warehouse

PAIRS_ORDER = ("user_id", "time", "post_id", "liked")
"""What pairs are sorted by."""


@dataclass(frozen=True)
class FeatureRows:
    """Rows of features: `ids` int64 [n]; `features` float32 [n, columns]."""

    ids: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Features:
    """All that is learned from: what was shown, and the rows that it was shown with.

    `pairs` holds arrays of equal length: user_id, post_id, day (datetime64), time (when the
    session began, as a call for its feed would have told: epoch seconds of the network's clock; a
    reader has one session at a time), liked (bool), and reader_row and post_row, which index
    `readers` (float32 [·, R]) and `posts` (float32 [·, P]). `unknown_reader`, float32 [R], stands
    in where a reader's feature is NaN.
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


def pairs(warehouse: Warehouse) -> dict[str, npt.NDArray[Any]]:
    """The table `pairs`, in order."""
    return warehouse.arrays(f"FROM pairs ORDER BY {', '.join(PAIRS_ORDER)}")


def unknown_reader(warehouse: Warehouse, schema: Schema) -> npt.NDArray[np.float32]:
    """float32 [R]: what stands in for a reader of whom nothing is known.

    Rates as they are among all readers, no history, and the median of every field of the profile.

    Args:
        warehouse: has `reader_rows` and `profiles`.
        schema: which feature stands where.
    """
    table = warehouse.arrow(
        "SELECT features FROM reader_rows "
        "WHERE as_of = getvariable('serving_day') AND user_id IS NULL"
    )
    row: npt.NDArray[np.float32] = feature_matrix(table, schema.reader)[0].copy()
    fields = [schema.reader[place] for place in np.flatnonzero(np.isnan(row))]
    medians = ", ".join(f"median({name})" for name in fields)
    (typical,) = warehouse.query(f"SELECT {medians} FROM profiles")  # noqa: S608 - our own names
    # A field that is null for every reader tells nothing: any number will do.
    row[np.isnan(row)] = [median or 0 for median in typical]
    return row


def feature_matrix(table: pa.Table, columns: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """float32 [rows, columns] of the lists in the table's column `features`."""
    lists = table["features"].combine_chunks()
    values: npt.NDArray[np.float32] = lists.flatten().to_numpy(zero_copy_only=False)
    return values.astype(np.float32, copy=False).reshape(len(table), len(columns))
