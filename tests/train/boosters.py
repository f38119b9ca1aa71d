"""Small models to export."""

from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

COLUMNS = 6


def rows(count: int, seed: int = 0, missing: float = 0.0) -> npt.NDArray[np.float32]:
    """float32 [count, COLUMNS] of different kinds of numbers, a share of them NaN."""
    generator = np.random.default_rng(seed)
    made = generator.normal(size=(count, COLUMNS)).astype(np.float32)
    made[:, 1] = generator.integers(0, 7, count)
    made[:, 2] = np.round(made[:, 2], 1)
    made[:, 3] = np.exp(5 * made[:, 3])
    made[generator.random(made.shape) < missing] = np.nan
    return made


def booster(
    parameters: dict[str, Any] | None = None, missing: float = 0.0, trees: int = 30
) -> lgb.Booster:
    """A binary model of rows with a share of missing values."""
    inputs = rows(3_000, missing=missing)
    known = np.nan_to_num(inputs)
    liked = known[:, 0] * (known[:, 1] > 2) + np.sin(known[:, 2]) > 0.3
    settings = {"objective": "binary", "verbosity": -1, "min_data_in_leaf": 5, "num_threads": 2}
    return lgb.train(settings | (parameters or {}), lgb.Dataset(inputs, liked), trees)
