"""What `make bench-scale` measures, at a size that takes seconds."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from tools.bench import scale
from tools.bench.pandas_features import features_in_pandas
from train import demo_data
from train.features.build import build_features, sample_of
from train.features.rows import feature_matrix
from train.source.checks import clean_tables
from train.source.read import read_source
from train.source.tables import TableNames
from train.warehouse import Warehouse

pytestmark = pytest.mark.slow

SMALL = scale.Size(readers=600, posts=120, days=9, part=0.5, rounds=1)


def test_pandas_makes_the_same_features(tmp_path: Path) -> None:
    source = tmp_path / "source"
    demo_data.write(str(source), users=400, posts=120, days=8, seed=3)
    warehouse = Warehouse(tmp_path / "work")
    read_source(warehouse, str(source), TableNames(), "UTC", lambda _done, _expected: None)
    clean_tables(warehouse, TableNames(), "UTC", datetime(2021, 12, 1))
    schema = build_features(warehouse, 10_000, seed=1).schema
    rows = features_in_pandas(source, sample_of(warehouse, 10_000), seed=1)
    for kind, made, columns in (
        ("user", rows.reader, schema.reader),
        ("post", rows.post, schema.post),
    ):
        table = "reader" if kind == "user" else kind
        ours = warehouse.arrow(
            f"SELECT features FROM {table}_rows WHERE {kind}_id IS NOT NULL "
            f"ORDER BY as_of, {kind}_id"
        )
        assert np.array_equal(feature_matrix(ours, columns), made.to_numpy())


def test_every_path_is_measured(tmp_path: Path) -> None:
    measured = [part(tmp_path / part.__name__, SMALL) for part in scale.PARTS]
    tables = {each.name: each for each in measured}
    assert list(tables) == ["scale-network", "scale-growth", "scale-pandas", "scale-workers"]
    for each in measured:
        assert all(len(row) == len(each.columns) for row in each.rows)
    seconds = {str(row[0]): row[1:] for row in tables["scale-network"].rows}
    first, second, refresh = seconds["all, with start and end"]
    assert min(float(first), float(second), float(refresh)) > 0
    assert seconds["fitting and measuring"][2] == ""
    (few, *_), (many, *_) = tables["scale-growth"].rows
    assert int(str(few).replace(",", "")) < int(str(many).replace(",", ""))
