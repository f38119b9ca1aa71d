"""What the model goes by, compared with scikit-learn's slow way."""

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest
from sklearn.inspection import partial_dependence

from train.report.dependence import GRID, dependence, importance

NAMES = ["step", "whole", "noise"]


@pytest.fixture(scope="module")
def rows() -> npt.NDArray[np.float32]:
    """A continuous input, one of four whole numbers, and one that tells nothing."""
    generator = np.random.default_rng(0)
    whole = generator.integers(4, size=600)
    return np.column_stack((generator.normal(size=600), whole, np.zeros(600))).astype(np.float32)


@pytest.fixture(scope="module")
def model(rows: npt.NDArray[np.float32]) -> lgb.LGBMRegressor:
    wanted = 2.0 * (rows[:, 0] > 0) + rows[:, 1]
    fitted = lgb.LGBMRegressor(n_estimators=30, min_child_samples=5, num_threads=1, verbosity=-1)
    return fitted.fit(rows, wanted, feature_name=NAMES)


def test_the_most_important_input_comes_first_and_the_shares_add_up(
    model: lgb.LGBMRegressor,
) -> None:
    found = importance(model.booster_)
    assert {part.name for part in found} == set(NAMES)
    assert [part.share for part in found] == sorted((part.share for part in found), reverse=True)
    assert sum(part.share for part in found) == pytest.approx(1.0)
    assert (found[-1].name, found[-1].share) == ("noise", 0.0)


@pytest.mark.parametrize("name", ["step", "whole"])
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_the_curve_is_scikit_learn_s_less_its_mean(
    model: lgb.LGBMRegressor, rows: npt.NDArray[np.float32], name: str
) -> None:
    (curve,) = dependence(model.booster_, rows, [name])
    place = NAMES.index(name)
    expected = partial_dependence(
        model, rows, [place], custom_values={place: curve.values}, method="brute"
    )["average"][0]
    np.testing.assert_allclose(curve.effects, expected - expected.mean(), atol=1e-9)


def test_a_few_values_are_all_taken_and_of_many_the_quantiles(
    model: lgb.LGBMRegressor, rows: npt.NDArray[np.float32]
) -> None:
    step, whole, noise = dependence(model.booster_, rows, NAMES)
    assert whole.values.tolist() == [0, 1, 2, 3]
    assert (whole.few, step.few) == (True, False)
    assert len(step.values) == GRID
    assert np.isin(step.values, rows[:, 0]).all()
    assert noise.effects.tolist() == [0.0]


def test_rows_without_an_input_are_no_value_of_it_and_one_that_none_has_gets_no_curve(
    model: lgb.LGBMRegressor, rows: npt.NDArray[np.float32]
) -> None:
    missing = rows.copy()
    missing[::2, 1] = np.nan
    missing[:, 2] = np.nan
    (whole,) = dependence(model.booster_, missing, ["whole", "noise"])
    assert whole.values.tolist() == [0, 1, 2, 3]
