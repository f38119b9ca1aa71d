"""The true like probabilities of generated tables, to compare a model with."""

import numpy as np
from numpy.typing import NDArray

from train.demo_data.catalogue import draw_catalogue
from train.demo_data.plan import DemoDataError, Plan
from train.demo_data.population import draw_readers, user_ids
from train.demo_data.taste import START, Tastes, like_probability, log_intensity


class Oracle:
    """Every reader's taste and every post's appeal in the tables `write` makes of the arguments.

    Args:
        users: as in `write`.
        posts: as in `write`.
        seed: as in `write`.
        knows_readers: whether each reader's own taste is known, or only what readers of that age
            like on average: all that can be known of a reader without a history.
    """

    def __init__(self, *, users: int, posts: int, seed: int, knows_readers: bool = True) -> None:
        plan = Plan(users=users, posts=posts, days=1, seed=seed)
        catalogue = draw_catalogue(plan)
        drawn = [draw_readers(plan, cohort, catalogue.axes) for cohort in plan.cohorts()]
        self._appeals = catalogue.appeals
        self._post_ids = catalogue.post_id
        self._user_ids = user_ids(plan)
        self._tastes = Tastes(
            np.concatenate([readers.tastes.rate for readers in drawn]),
            np.concatenate([readers.tastes.themes for readers in drawn]),
        )
        if not knows_readers:
            age = np.concatenate([readers.age for readers in drawn])
            themes = np.stack([of_age(age, theme) for theme in self._tastes.themes.T], axis=1)
            self._tastes = Tastes(self._tastes.rate, themes)

    def like_probability(
        self,
        user_id: NDArray[np.int64],
        post_id: NDArray[np.int64],
        timestamp: NDArray[np.datetime64],
    ) -> NDArray[np.float32]:
        """Probability that a reader who is not tired likes a post at a time.

        Args:
            user_id: Readers.
            post_id: Posts.
            timestamp: Times, not before 2021-10-01.

        Returns:
            float32 in the shape the arguments broadcast to: [pairs], or [readers, posts] from
            `user_id[:, None]`, `post_id[None, :]` and one time.

        Raises:
            DemoDataError: If an id is in no table.
        """
        seconds = (timestamp.astype("datetime64[s]") - START).astype(np.int64)
        reader = _rows(self._user_ids, np.asarray(user_id), "reader")
        post = _rows(self._post_ids, np.asarray(post_id), "post")
        return like_probability(log_intensity(self._tastes, reader, self._appeals, post, seconds))


def of_age(age: NDArray[np.int64], taste: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 [readers]: the mean of a taste among the readers of the same age."""
    _, index = np.unique(age, return_inverse=True)
    mean = np.bincount(index, taste) / np.bincount(index)
    return mean[index].astype(np.float32)


def _rows(ids: NDArray[np.int64], wanted: NDArray[np.int64], kind: str) -> NDArray[np.int64]:
    rows = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    unknown = wanted[ids[rows] != wanted]
    if unknown.size:
        raise DemoDataError(
            f"{unknown.size} {kind} ids are in no table, the first is {unknown.flat[0]}"
        )
    return rows
