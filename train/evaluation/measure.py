"""What a run measures: its model of the past on later days, beside baselines and what serves."""

from dataclasses import dataclass

import numpy as np

from artifacts.proofs import Evaluation, Score
from train.evaluation.bootstrap import Estimate, Resamples
from train.evaluation.ranking import AUC, HIT_RATE, NDCG, Table, rank_metrics
from train.evaluation.scorers import CHEAP_BASELINES, LENTA, Lenta, Scorer
from train.evaluation.served import Served
from train.evaluation.sessions import Floats, Scored, Sessions, gather
from train.evaluation.slates import hit_rate
from train.evaluation.world import World
from train.features.rows import Features
from train.learn import Learned, margins
from train.split import Split

METRICS = (HIT_RATE, NDCG, AUC)


@dataclass(frozen=True)
class Measured:
    """The test days of a run.

    Attributes:
        sessions: what was shown then, and all scores.
        table: all metrics of all scorers, on the same resamples of readers.
        gain: in the hit rate, over what serves, on those of the days that it does not know; None
            where there are none, or it cannot be measured.
        split: which days they are.
    """

    sessions: Sessions
    table: Table
    gain: Estimate | None
    split: Split

    @property
    def evaluation(self) -> Evaluation:
        """What the manifest tells of it."""
        return Evaluation(
            test_since=self.split.test_from,
            test_until=self.split.last,
            slates=len(self.sessions.slates.sizes),
            readers=self.sessions.slates.reader_count,
            scores=tuple(
                _score(metric, model, samples[metric].estimate)
                for model, samples in self.table.items()
                for metric in METRICS
            ),
        )


def measure(
    world: World, learned: Learned, served: Served | None, split: Split, seed: int
) -> Measured:
    """Score what was shown on the test days.

    Args:
        world: what is known, all days.
        learned: `learned.past` is measured.
        served: what serves now.
        split: the days.
        seed: of the bootstrap.
    """
    day = world.features.pairs["day"].astype("datetime64[D]")
    shown = world.features.select(day >= np.datetime64(split.test_from))
    scorers: dict[str, Scorer] = {LENTA: Lenta(learned.past)}
    scorers |= {name: fit(world, split, seed) for name, fit in CHEAP_BASELINES.items()}
    scores = {name: scorer(shown) for name, scorer in scorers.items()}
    sessions = gather([Scored(shown, scores, fold=0)])
    if sessions is None:  # `learn` has refused such days
        raise ValueError("nothing was shown on the test days")
    resamples = Resamples(sessions.slates.reader_count, seed)
    gain = _gain(shown, scores[LENTA], served, seed)
    return Measured(sessions, rank_metrics(sessions, resamples), gain, split)


def _gain(shown: Features, ours: Floats, served: Served | None, seed: int) -> Estimate | None:
    if not served or not served.past:
        return None
    is_new = shown.pairs["day"].astype("datetime64[D]") >= np.datetime64(served.since)
    new = shown.select(is_new)
    scores = {"ours": ours[is_new], "theirs": margins(served.past, new)}
    sessions = gather([Scored(new, scores, fold=0)])
    if sessions is None:
        return None
    resamples = Resamples(sessions.slates.reader_count, seed)
    hits = {
        name: resamples.over_slates(sessions.slates, hit_rate(sessions.slates, rank))
        for name, rank in sessions.ranks.items()
    }
    return hits["ours"].less(hits["theirs"])


def _score(metric: str, model: str, estimate: Estimate) -> Score:
    return Score(
        metric=metric, model=model, value=estimate.value, low=estimate.low, high=estimate.high
    )
