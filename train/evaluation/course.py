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
from train.features.build import Features
from train.split import Split

AVAILABLE = find_spec("catboost") is not None

_PROFILE = ["gender", "country", "city", "exp_group", "os", "source"]
_CATEGORIES = [*_PROFILE, "topic", "hour", "month"]
_MOST_ROWS = 300_000
_TREES = 300
_WORDS = 20_000


def course(world: World, split: Split, seed: int) -> Scorer:
    """Categories as they are, age, and the sum, the largest and the mean of a text's TF-IDF."""
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
    rows, liked = table(past), past.pairs["liked"]
    if len(rows) > _MOST_ROWS:
        latest = np.sort(np.argsort(past.pairs["time"], kind="stable")[-_MOST_ROWS:])
        rows, liked = rows.iloc[latest], liked[latest]
    model = CatBoostClassifier(
        iterations=_TREES, depth=6, cat_features=_CATEGORIES, verbose=False, random_seed=seed,
        allow_writing_files=False,
    )  # fmt: skip
    model.fit(rows, liked)

    def score(features: Features) -> npt.NDArray[np.float64]:
        return np.asarray(model.predict(table(features), prediction_type="RawFormulaVal"))

    return score
