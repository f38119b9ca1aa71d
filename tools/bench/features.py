"""Making the features of a folder in one way, for who watches the process."""

import sys
import tempfile
from datetime import datetime
from pathlib import Path

_MOST_PAIRS = 200_000
"""Few rows to learn from: what is compared is the counting of all."""
_SEED = 1


def _sample(source: Path) -> float:
    import duckdb  # noqa: PLC0415 - each way's libraries only in its own process

    with duckdb.connect() as database:
        (views,) = database.execute(
            "SELECT count(*) FROM read_parquet($path) WHERE action = 'view'",
            {"path": str(source / "feed_data.parquet")},
        ).fetchall()[0]
    return min(1.0, _MOST_PAIRS / int(views))


def in_duckdb(source: Path) -> None:
    """As a run makes them, checked tables included."""
    from train.features.build import build_features  # noqa: PLC0415 - the same
    from train.source.checks import clean_tables  # noqa: PLC0415 - the same
    from train.source.read import read_source  # noqa: PLC0415 - the same
    from train.source.tables import TableNames  # noqa: PLC0415 - the same
    from train.threads import one_for_blas  # noqa: PLC0415 - the same
    from train.warehouse import Warehouse  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory() as folder, one_for_blas():
        warehouse = Warehouse(Path(folder), "1GB")
        read_source(warehouse, str(source), TableNames(), "UTC", lambda _done, _expected: None)
        clean_tables(warehouse, TableNames(), "UTC", datetime(2030, 1, 1))  # noqa: DTZ001 - the network's own clock
        build_features(warehouse, _MOST_PAIRS, _SEED)
        warehouse.close()


def in_pandas(source: Path) -> None:
    """As they would be made with pandas; nothing is checked."""
    from tools.bench.pandas_features import features_in_pandas  # noqa: PLC0415 - the same

    features_in_pandas(source, _sample(source), _SEED)


if __name__ == "__main__":
    {"DuckDB": in_duckdb, "pandas": in_pandas}[sys.argv[1]](Path(sys.argv[2]))
