"""The way that the course of this data teaches: all posts beside the reader in one pandas table.

A CatBoost model of the profile, the post's topic and numbers from its TF-IDF, with categories as
they are; at each request the table is made, predicted, what was liked is dropped, and sorted.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier
from sklearn.feature_extraction.text import TfidfVectorizer

_PROFILE = ["gender", "age", "country", "city", "exp_group", "os", "source"]
_CATEGORIES = ["gender", "country", "city", "exp_group", "os", "source", "topic", "hour", "month"]
_LEARNED_FROM = 300_000


class Course:
    """The model and its tables.

    Args:
        tables: a folder with the network's tables as Parquet.
        trees: how many.
    """

    def __init__(self, tables: Path, trees: int) -> None:
        self.users = pd.read_parquet(tables / "user_data.parquet").set_index("user_id")[_PROFILE]
        texts = pd.read_parquet(tables / "post_text_df.parquet")
        feed = pd.read_parquet(tables / "feed_data.parquet")
        self.posts = _post_features(texts)
        self.liked = feed[feed["action"] == "like"].groupby("user_id")["post_id"].agg(list)
        views = feed[feed["action"] == "view"].tail(_LEARNED_FROM)
        rows = views.join(self.users, on="user_id").merge(self.posts, on="post_id")
        moment = pd.to_datetime(rows["timestamp"])
        rows = rows.assign(hour=moment.dt.hour, month=moment.dt.month)
        self.columns = [
            *_PROFILE,
            *(name for name in self.posts if name != "post_id"),
            "hour",
            "month",
        ]
        self.columns.remove("text")
        self.model = CatBoostClassifier(
            iterations=trees, depth=6, cat_features=_CATEGORIES, verbose=False, thread_count=2,
            random_seed=1, allow_writing_files=False,
        )  # fmt: skip
        self.model.fit(rows[self.columns], rows["target"])

    def catalogue(self, size: int) -> pd.DataFrame:
        """So many posts: the network's, again and again."""
        rows = self.posts.iloc[np.arange(size) % len(self.posts)]
        return rows.assign(post_id=np.arange(size))

    def recommend(
        self, posts: pd.DataFrame, reader: int, moment: pd.Timestamp, limit: int
    ) -> pd.DataFrame:
        """The best posts for a reader."""
        profile = {str(name): value for name, value in self.users.loc[reader].items()}
        profile |= {"hour": moment.hour, "month": moment.month}
        rows = posts.assign(**profile)
        scores = self.model.predict_proba(rows[self.columns], thread_count=1)[:, 1]
        rows = rows.assign(score=scores)
        rows = rows[~rows["post_id"].isin(self.liked.get(reader, []))]
        return rows.sort_values("score", ascending=False).head(limit)


def _post_features(texts: pd.DataFrame) -> pd.DataFrame:
    weights = TfidfVectorizer(max_features=20_000).fit_transform(texts["text"])
    return texts.assign(
        tfidf_total=np.asarray(weights.sum(axis=1)).ravel(),
        tfidf_max=weights.max(axis=1).toarray().ravel(),
        tfidf_mean=np.asarray(weights.mean(axis=1)).ravel(),
    )
