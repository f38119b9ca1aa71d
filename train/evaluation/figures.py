"""The re-ranking's figures of all populations, as numbers by name."""

from train.evaluation.bootstrap import Resamples
from train.evaluation.protocol import Evaluated
from train.evaluation.ranking import rank_metrics
from train.evaluation.sessions import gather
from train.tracking.entries import with_interval


def figures(found: Evaluated, seed: int) -> dict[str, float]:
    """Each metric of each model, "population/metric/model", with its 95 % interval."""
    told: dict[str, float] = {}
    for population, windows in found.scored.items():
        sessions = gather(windows)
        if sessions is None:
            continue
        table = rank_metrics(sessions, Resamples(sessions.slates.reader_count, seed))
        for model, samples in table.items():
            for metric, sample in samples.items():
                name, measured = f"{population}/{metric}/{model}", sample.estimate
                told |= with_interval(name, measured.value, measured.low, measured.high)
    return told
