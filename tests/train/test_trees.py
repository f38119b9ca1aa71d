"""The exported trees give LightGBM's own scores; what they could not give is refused."""

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

from tests.train.boosters import COLUMNS, booster, rows
from train.errors import ExportError
from train.export.graph import trees_graph
from train.export.session import session
from train.export.trees import thresholds


def margins(model: lgb.Booster, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = session(trees_graph(model)).run(None, {"inputs": inputs})[0]
    return found[:, 0]


def expected(model: lgb.Booster, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    return np.asarray(model.predict(inputs, raw_score=True))


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"num_leaves": 2},
        {"num_leaves": 255, "min_data_in_leaf": 1},
        {"boosting": "dart", "drop_rate": 0.5},
        {"boost_from_average": False},
        {"use_missing": False},
        {"objective": "regression"},
        {"monotone_constraints": [1, 0, 0, 0, 0, 0]},
    ],
    ids=str,
)
def test_scores_are_equal_to_the_last_bit(missing: float, parameters: dict[str, object]) -> None:
    model = booster(parameters, missing)
    inputs = rows(2_000, seed=9, missing=0.1)
    assert np.array_equal(margins(model, inputs), expected(model, inputs))


MODEL = booster(missing=0.1)
GRAPH = session(trees_graph(MODEL))


@settings(max_examples=200)
@given(arrays(np.float32, (3, COLUMNS), elements=st.floats(width=32)))
def test_scores_are_equal_for_any_numbers_at_all(inputs: npt.NDArray[np.float32]) -> None:
    found = GRAPH.run(None, {"inputs": inputs})[0][:, 0]
    assert np.array_equal(found, expected(MODEL, inputs))


def test_scores_are_equal_on_every_threshold_and_one_step_beside_it() -> None:
    base = rows(1)
    for feature, values in thresholds(MODEL).items():
        on = np.array(values).astype(np.float32)
        for tried in (on, np.nextafter(on, np.float32(-9e9)), np.nextafter(on, np.float32(9e9))):
            inputs = np.repeat(base, len(tried), axis=0)
            inputs[:, feature] = tried
            found = GRAPH.run(None, {"inputs": inputs})[0][:, 0]
            assert np.array_equal(found, expected(MODEL, inputs))


@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_too_small_for_lightgbm_are_zero_to_the_graph_too(sign: int) -> None:
    # Half of the numbers are 0, so that trees split right beside it, at +-1e-35.
    generator = np.random.default_rng(0)
    inputs = np.maximum(rows(2_000), 0) * sign
    data = lgb.Dataset(inputs, (inputs[:, 0] != 0) ^ (generator.random(2_000) < 0.1))
    model = lgb.train({"objective": "binary", "verbosity": -1}, data, 10)
    assert any(abs(value) <= 1e-34 for values in thresholds(model).values() for value in values)
    small = np.array([0, 1e-45, 1e-39, 1e-36, 1e-35, 1.1e-35, 1e-34, np.nan], np.float32)
    beside = np.nextafter(np.float32(1e-35), np.array([0, 1], np.float32))
    tried = np.concatenate((small, -small, beside, -beside))
    inputs = np.zeros((len(tried), COLUMNS), np.float32)
    inputs[:, 0] = tried
    assert np.array_equal(margins(model, inputs), expected(model, inputs))


def test_a_model_that_found_nothing_to_split_gives_its_constant() -> None:
    model = booster({"min_data_in_leaf": 2_999}, trees=3)
    inputs = rows(10)
    assert np.array_equal(margins(model, inputs), expected(model, inputs))


def test_onnxmltools_agrees_as_far_as_single_precision_goes() -> None:
    converted = convert_lightgbm(
        MODEL, initial_types=[("inputs", FloatTensorType([None, COLUMNS]))], zipmap=False
    )
    other = ort.InferenceSession(converted.SerializeToString(), providers=["CPUExecutionProvider"])
    inputs = rows(2_000, seed=4, missing=0.1)
    probability = other.run(["probabilities"], {"inputs": inputs})[0][:, 1]
    ours = 1 / (1 + np.exp(-margins(MODEL, inputs)))
    assert probability == pytest.approx(ours, abs=1e-5)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"zero_as_missing": True}, "zero_as_missing=1"),
        ({"linear_tree": True}, "linear_tree=1"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "boosting=rf"),
        ({"sigmoid": 2.0}, "scales its margins"),
    ],
)
def test_what_would_not_be_exact_is_refused(parameters: dict[str, object], sentence: str) -> None:
    with pytest.raises(ExportError, match=sentence):
        trees_graph(booster(parameters))


def test_native_categories_are_refused() -> None:
    inputs = rows(3_000)
    data = lgb.Dataset(inputs, np.isin(inputs[:, 1], [1, 4]), categorical_feature=[1])
    model = lgb.train({"objective": "binary", "verbosity": -1}, data, 2)
    with pytest.raises(ExportError, match="native category"):
        trees_graph(model)


def test_several_scores_are_refused() -> None:
    inputs = rows(300)
    data = lgb.Dataset(inputs, np.arange(300) % 3)
    model = lgb.train({"objective": "multiclass", "num_class": 3, "verbosity": -1}, data, 2)
    with pytest.raises(ExportError, match="several trees an iteration"):
        trees_graph(model)
