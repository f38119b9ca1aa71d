"""How much of what can be achieved is achieved: generated tables have known like probabilities.

No ranking beats that by the true probabilities but by luck. The share of the lift is
(scorer - random) / (oracle - random), in HitRate@5. A second oracle knows all but the readers' own
tastes: what is beyond it can only be learned from what each reader has liked.
"""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools.bench.table import FOLDER, Measured
from train import demo_data
from train.demo_data.oracle import Oracle
from train.evaluation.bootstrap import Estimate, Resamples
from train.evaluation.markdown import evaluation_markdown
from train.evaluation.protocol import HISTORY, PROFILE, evaluate
from train.evaluation.ranking import HIT_RATE, RANDOM, rank_metrics
from train.evaluation.scorers import Scorer
from train.evaluation.sessions import gather
from train.evaluation.world import UNKNOWN_READER
from train.features.rows import Features
from train.progress import open_log
from train.settings import RunSettings

READERS, POSTS, DAYS, SEED = 20_000, 7_023, 90, 1
_FOLDS = 3
ORACLE = "oracle"
ORACLE_OF_AGES = "oracle, readers' own tastes not known"


def measure() -> Measured:
    """Evaluate on generated tables with the oracle among the scorers; writes `.bench/lift.md`."""
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder, "tables")
        demo_data.write(str(tables), users=READERS, posts=POSTS, days=DAYS, seed=SEED)
        settings = RunSettings(str(tables), "", seed=SEED)
        oracles = {
            ORACLE: oracle_of(users=READERS, posts=POSTS, seed=SEED),
            ORACLE_OF_AGES: oracle_of(users=READERS, posts=POSTS, seed=SEED, knows_readers=False),
        }
        fits = {name: partial(_known, oracle) for name, oracle in oracles.items()}
        found = evaluate(settings, _FOLDS, open_log(), fits)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "lift.md").write_text(evaluation_markdown(found, SEED), encoding="utf-8")
    rows: list[tuple[str | float, ...]] = []
    for population in (HISTORY, PROFILE):
        sessions = gather(found.scored[population])
        if sessions is None:
            continue
        table = rank_metrics(sessions, Resamples(sessions.slates.reader_count, SEED))
        hits = {name: samples[HIT_RATE] for name, samples in table.items()}
        for name, sample in hits.items():
            share = sample.share(hits[RANDOM], hits[ORACLE])
            rows.append((population, name, _cell(sample.estimate), _cell(share)))
    return Measured(
        "lift",
        f"of what the true probabilities achieve, {READERS:,} generated readers, {DAYS} days",
        ("readers", "scorer", HIT_RATE, "share of the lift"),
        tuple(rows),
    )


def oracle_of(*, users: int, posts: int, seed: int, knows_readers: bool = True) -> Scorer:
    """A scorer that knows the true like probabilities of the tables made of the arguments."""
    oracle = Oracle(users=users, posts=posts, seed=seed, knows_readers=knows_readers)

    def score(features: Features) -> npt.NDArray[np.float64]:
        pairs = features.pairs
        made = np.zeros(len(pairs["user_id"]))
        known = pairs["user_id"] != UNKNOWN_READER
        time = pairs["time"][known].astype("datetime64[s]")
        made[known] = oracle.like_probability(
            pairs["user_id"][known], pairs["post_id"][known], time
        )
        return made

    return score


def _known(oracle: Scorer, *_: object) -> Scorer:
    """An oracle needs no fit."""
    return oracle


def _cell(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"
