"""What serves is measured by a model that does not know the days it is measured on."""

import shutil
from datetime import timedelta
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from artifacts import layout
from artifacts.channel import read_channel
from artifacts.stores import open_store
from tests.support.releases import Trained
from train.evaluation.served import Served, what_serves
from train.features.schema import Schema, schema_for
from train.progress import Silent
from train.run import run
from train.settings import RunSettings

pytestmark = pytest.mark.slow


def serving(store: Path, schema: Schema) -> Served:
    opened = open_store(str(store))
    found = what_serves(opened, read_channel(opened), schema)
    assert found is not None
    return found


def test_where_nothing_is_served_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    assert what_serves(open_store(str(tmp_path / "store")), None, schema_for(["sport"])) is None


def test_the_model_that_was_measured_is_read_not_the_one_that_knows_all_days(
    trained: Trained,
) -> None:
    found = serving(trained.store, schema_for(trained.manifest.features.topics))
    assert found.since == trained.manifest.evaluation.test_since
    assert found.past is not None
    assert found.past.feature_name() == list(trained.manifest.features.model)


def test_it_is_measured_from_the_first_day_on_that_it_does_not_know(
    trained: Trained, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(trained.store, tmp_path / "store"))
    earlier = trained.manifest.evaluation.test_since - timedelta(days=1)
    settings = RunSettings(str(trained.source), str(store), test_from=earlier)
    end = run(settings, Silent())
    assert end.manifest.evaluation.test_since == earlier
    assert end.manifest.gate.checks[1].value is not None


def test_a_model_of_other_topics_cannot_be_measured(trained: Trained) -> None:
    found = serving(trained.store, schema_for([*trained.manifest.features.topics, "chess"]))
    assert (found.past, found.obstacle) == (None, "its model has other inputs")


def test_what_was_changed_in_the_store_is_not_measured(trained: Trained, tmp_path: Path) -> None:
    store = Path(shutil.copytree(trained.store, tmp_path / "store"))
    past = store / layout.release_key(trained.manifest.release, layout.PAST)
    flattered = lgb.train({"verbosity": -1}, lgb.Dataset(np.eye(30), np.ones(30)), 1)
    past.write_text(flattered.model_to_string())
    found = serving(store, schema_for(trained.manifest.features.topics))
    assert found.past is None
    assert found.obstacle.startswith("it cannot be read: past.txt")
