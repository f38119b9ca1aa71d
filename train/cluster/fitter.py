"""LightGBM on all workers together: each holds the pairs of its groups of readers."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dask.array as da
import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from dask.delayed import delayed
from distributed import Client, Future
from distributed.scheduler import KilledWorker
from lightgbm.dask import DaskLGBMClassifier

from train.cluster.tasks import inputs_of
from train.errors import ClusterError
from train.features.rows import Features
from train.fit import MOST_TREES, PATIENCE, parameters_for
from train.inputs import model_inputs
from train.learn import Chosen

_ATTEMPTS = 3
"""LightGBM's workers wait for each other: when one dies, the fit begins again."""


@dataclass(frozen=True)
class ClusterFitter:
    """Fits with all workers.

    Attributes:
        client: of the cluster.
        inputs: of each group, what the trees see, float32 [pairs, F], on its worker.
        sizes: pairs of each group.
        features: of all groups, one after the other.
        seed: of the sampling of rows and inputs.
    """

    client: Client
    inputs: Sequence[Future[Any]]
    sizes: Sequence[int]
    features: Features
    seed: int

    @classmethod
    def of(
        cls,
        client: Client,
        groups: Sequence[Future[Any]],
        sizes: Sequence[int],
        features: Features,
        seed: int,
    ) -> "ClusterFitter":
        """To fit to the pairs of these groups.

        Args:
            client: of the cluster.
            groups: `Group`s, on the workers.
            sizes: pairs of each.
            features: of all groups, one after the other.
            seed: of the sampling of rows and inputs.
        """
        posts, unknown = client.scatter([features.posts, features.unknown_reader], broadcast=True)
        inputs = [
            client.submit(inputs_of, group, features.encoders, unknown, posts) for group in groups
        ]
        return cls(client, inputs, sizes, features, seed)

    def __call__(
        self, chosen: Chosen, *, trees: int = MOST_TREES, held_out: Chosen | None = None
    ) -> lgb.Booster:
        """Fit; with `held_out` all trees are made, and then those that do best are counted.

        Raises:
            ClusterError: a worker died at every attempt.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                booster = self._fit(chosen, trees)
                break
            except (lgb.basic.LightGBMError, KilledWorker, OSError) as error:
                if attempt == _ATTEMPTS:
                    raise ClusterError(f"LightGBM failed {attempt} times: {error}") from error
                logging.getLogger(__name__).warning("the fit begins again: %s", error)
        if held_out is not None:
            booster.best_iteration = self._best(booster, held_out)
        return booster

    def _fit(self, chosen: Chosen, trees: int) -> lgb.Booster:
        names = self.features.schema.model
        parameters: dict[str, Any] = parameters_for(names, seed=self.seed, rows=int(chosen.sum()))
        model = DaskLGBMClassifier(
            client=self.client, n_estimators=trees, tree_learner="data", **parameters
        )
        inputs, liked = self._rows(chosen)
        with warnings.catch_warnings():
            # Of what scikit-learn's interface itself has set, and each worker sets for itself.
            warnings.filterwarnings("ignore", "Parameter (n_jobs|num_threads) will be ignored")
            model.fit(inputs, liked, feature_name=list(names))
        return model.booster_

    def _rows(self, chosen: Chosen) -> tuple[da.Array, da.Array]:
        ends = np.cumsum(self.sizes)[:-1]
        width = len(self.features.schema.model)
        inputs, liked = [], []
        for made, here, likes in zip(
            self.inputs,
            np.split(chosen, ends),
            np.split(self.features.pairs["liked"], ends),
            strict=True,
        ):
            count = int(here.sum())
            if count:
                rows = delayed(_take)(made, here)
                inputs.append(da.from_delayed(rows, (count, width), np.float32))
                liked.append(da.from_array(likes[here].astype(np.int8), chunks=count))
        return da.concatenate(inputs), da.concatenate(liked)

    def _best(self, booster: lgb.Booster, held_out: Chosen) -> int:
        """As many trees as `train.fit` would stop at."""
        features = self.features.select(held_out)
        inputs, liked = model_inputs(features), features.pairs["liked"]
        margins = np.zeros(len(liked))
        best, least = 0, np.inf
        for tree in range(booster.num_trees()):
            margins += booster.predict(
                inputs, start_iteration=tree, num_iteration=1, raw_score=True
            )
            # The log loss of a margin m is ln(1 + e^-m) where there is a like, else ln(1 + e^m).
            loss = float(np.logaddexp(0, np.where(liked, -margins, margins)).mean())
            if loss < least:
                best, least = tree + 1, loss
            elif tree + 1 - best >= PATIENCE:
                break
        return best


def _take(rows: npt.NDArray[np.float32], chosen: Chosen) -> npt.NDArray[np.float32]:
    return rows[chosen]
