"""Rows of readers who are not there yet: one of each age band, gender and country, with no history.

They are made as real readers' rows are, in a warehouse of their own: no count of readers has them.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from artifacts import layout
from train.export.tables import fixed_size, to_parquet
from train.features.build import days_of
from train.features.rows import FeatureRows, rows_to_serve
from train.features.schema import AGE_LIMITS, Schema
from train.features.steps import make_reader_rows
from train.features.text import DIMENSIONS
from train.warehouse import Warehouse

MOST_COUNTRIES = 12
"""Those with the most readers; of others a page could only offer a list too long to choose from."""

_BANDS = (
    *(f"{since}-{limit - 1}" for since, limit in zip((0, *AGE_LIMITS), AGE_LIMITS, strict=False)),
    f"{AGE_LIMITS[-1]}+",
)

_RATES = "FROM peer_rates WHERE as_of = getvariable('serving_day')"


def newcomer_files(warehouse: Warehouse, schema: Schema) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of `newcomers.parquet`; none where no age, gender or country is known.

    Args:
        warehouse: has `profiles`, `peer_rates`, `feed_facts` and `shown`.
        schema: of the features.
    """
    warehouse.run("newcomers", most_countries=MOST_COUNTRIES)
    kinds = warehouse.arrow("SELECT age_band, gender, country FROM newcomers ORDER BY user_id")
    if not len(kinds):
        return
    table = pa.table(
        {
            "age": [_BANDS[band] for band in kinds["age_band"].to_pylist()],
            "gender": [str(gender) for gender in kinds["gender"].to_pylist()],
            "country": kinds["country"],
            layout.FEATURES: fixed_size(_rows(warehouse, schema).features),
        }
    )
    yield layout.NEWCOMERS, to_parquet(table)


def _rows(warehouse: Warehouse, schema: Schema) -> FeatureRows:
    """By ascending `user_id` of `newcomers`."""
    first, last = days_of(warehouse)
    with TemporaryDirectory("-newcomers", dir=warehouse.folder) as folder:
        apart = Warehouse(Path(folder))
        try:
            apart.register("profiles", warehouse.arrow("FROM newcomers"))
            apart.register("peer_rates", warehouse.arrow(_RATES))
            apart.register("shown", warehouse.arrow("FROM shown LIMIT 0"))
            apart.register("reader_daily", _no_history(schema))
            make_reader_rows(apart, first, last, sample=0)
            return rows_to_serve(apart, "reader", schema)
        finally:
            apart.close()


def _no_history(schema: Schema) -> pa.Table:
    counted = [f"topic_{i}" for i in range(len(schema.topics))]
    counted += [f"text_{i}" for i in range(DIMENSIONS)]
    counts = ["views", "likes", *(f"{did}_{what}" for did in ("seen", "liked") for what in counted)]
    columns = {"user_id": pa.int64(), "day": pa.date32(), **dict.fromkeys(counts, pa.int64())}
    return pa.schema(columns).empty_table()
