"""The way that the course of this data teaches: CatBoost on profile, topic and numbers of TF-IDF.

CatBoost is not among what the project needs: where it is not installed, this row is left out.
"""

from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from train.evaluation.scorers import Scorer, past_of
from train.evaluation.world import World
from train.features.rows import Features
from train.split import Split

AVAILABLE = find_spec("catboost") is not None

_PROFILE = ["gender", "country", "city", "exp_group", "os", "source"]
_CATEGORIES = [*_PROFILE, "topic", "hour", "month"]
_MOST_ROWS = 300_000
_TREES = 300
_PATIENCE = 20
_WORDS = 20_000


def course(world: World, split: Split, seed: int) -> Scorer:
    """Categories as they are, age, and the sum, the largest and the mean of a text's TF-IDF.

    The fit is stopped by the same days as ours; categories are not combined, which takes minutes
    and does no better.
    """
    from catboost import CatBoostClassifier  # noqa: PLC0415 - not installed everywhere

    texts = TfidfVectorizer(max_features=_WORDS).fit_transform(world.posts["text"])
    posts = pd.DataFrame(
        {
            "topic": world.posts["topic"].astype(str),
            "tfidf_total": np.asarray(texts.sum(axis=1)).ravel(),
            "tfidf_max": texts.max(axis=1).toarray().ravel(),
            "tfidf_mean": np.asarray(texts.mean(axis=1)).ravel(),
        }
    )
    readers = world.readers[_PROFILE].astype(object).fillna("").astype(str)
    readers["age"] = world.readers["age"].astype(float)

    def table(features: Features) -> pd.DataFrame:
        moment = pd.to_datetime(features.pairs["time"], unit="s")
        made = pd.concat(
            [
                readers.loc[features.pairs["user_id"]].reset_index(drop=True),
                posts.loc[features.pairs["post_id"]].reset_index(drop=True),
            ],
            axis=1,
        )
        return made.assign(hour=moment.hour, month=moment.month)

    past = past_of(world, split)
    day = past.pairs["day"].astype("datetime64[D]")
    early = day < np.datetime64(split.held_out_from)
    learned, held_out = (_latest(past.select(part)) for part in (early, ~early))
    model = CatBoostClassifier(
        iterations=_TREES, depth=6, max_ctr_complexity=1, cat_features=_CATEGORIES,
        random_seed=seed, verbose=False, allow_writing_files=False,
    )  # fmt: skip
    model.fit(
        table(learned), learned.pairs["liked"],
        eval_set=(table(held_out), held_out.pairs["liked"]), early_stopping_rounds=_PATIENCE,
    )  # fmt: skip

    def score(features: Features) -> npt.NDArray[np.float64]:
        return np.asarray(model.predict(table(features), prediction_type="RawFormulaVal"))

    return score


def _latest(features: Features) -> Features:
    time = features.pairs["time"]
    if len(time) <= _MOST_ROWS:
        return features
    return features.select(time >= np.partition(time, -_MOST_ROWS)[-_MOST_ROWS])
