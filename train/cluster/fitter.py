"""The fits of a run, each by a worker of its own.

LightGBM could share one fit out to all workers, but crashes then where trees may combine only some
inputs (https://github.com/lightgbm-org/LightGBM/issues/5680), as ours may. A fit learns from a
sample of readers, which fits into one worker; and a worker that dies costs one fit, not all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from distributed import Client, Future, get_worker

from artifacts.layout import FEATURES
from train.cluster.job import Job
from train.cluster.tasks import inputs_of
from train.export.tables import fixed_size
from train.features.rows import Features
from train.fit import fit
from train.learn import Wanted


@dataclass(frozen=True)
class ClusterFitter:
    """Fits by the workers; the boosters are those of one machine.

    Attributes:
        client: of the cluster.
        inputs: float32 [pairs, F], on a worker.
        liked: bool [pairs].
        names: of the F inputs.
        seed: of the sampling of rows and inputs.
    """

    client: Client
    inputs: "Future[Any]"
    liked: npt.NDArray[np.bool_]
    names: tuple[str, ...]
    seed: int

    @classmethod
    def of(
        cls,
        client: Client,
        job: Job,
        groups: Sequence["Future[Any]"],
        features: Features,
        *,
        order: npt.NDArray[np.int64],
        seed: int,
    ) -> "ClusterFitter":
        """To fit to the pairs of these groups.

        Args:
            client: of the cluster.
            job: the run's.
            groups: `Group`s, on the workers.
            features: of all groups.
            order: int64 [pairs], of the groups' pairs in `features`.
            seed: of the sampling of rows and inputs.
        """
        # What is sent with a task can be sent again; what was scattered dies with its worker.
        posts = job.exchange.put(pa.table({FEATURES: fixed_size(features.posts)}))
        place = job.exchange.put(pa.table({"row": order}))
        shared = (features.encoders, features.unknown_reader, posts)
        parts = [client.submit(inputs_of, job, group, *shared) for group in groups]
        inputs = client.submit(_ordered, job, parts, place)
        return cls(client, inputs, features.pairs["liked"], features.schema.model, seed)

    def __call__(self, wanted: Sequence[Wanted]) -> list[lgb.Booster]:
        """Fit all at once, the largest first: a small one can wait for a worker, not all for it."""
        fits = [
            self.client.submit(
                _fit, self.inputs, self.liked, model, names=self.names, seed=self.seed,
                priority=int(model.chosen.sum()),
            )
            for model in wanted
        ]  # fmt: skip
        boosters: list[lgb.Booster] = self.client.gather(fits)
        return boosters


def _ordered(
    job: Job, parts: Sequence[npt.NDArray[np.float32]], order: str
) -> npt.NDArray[np.float32]:
    rows: npt.NDArray[np.int64] = job.exchange.get([order])["row"].to_numpy()
    return np.concatenate(parts)[rows]


def _fit(
    inputs: npt.NDArray[np.float32],
    liked: npt.NDArray[np.bool_],
    wanted: Wanted,
    *,
    names: tuple[str, ...],
    seed: int,
) -> lgb.Booster:
    chosen, later = wanted.chosen, wanted.held_out
    return fit(
        inputs[chosen],
        liked[chosen],
        names,
        seed=seed,
        trees=wanted.trees,
        held_out=None if later is None else (inputs[later], liked[later]),
        threads=get_worker().state.nthreads,
    )
