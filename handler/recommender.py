"""Answers from one release: a reader's row in, the best posts out, by one run of its graph.

The catalogue is given to each run as numpy arrays, which onnxruntime does not copy. With OrtValues
made once a run takes 0.54 ms instead of 0.46 at 7,023 posts and 3.1 ms instead of 3.0 at a million;
with inputs bound once, 0.47 and 3.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from artifacts import layout
from artifacts.errors import BrokenRelease
from handler.clock import network_seconds, zone_named
from handler.fetching import Fetched
from handler.fresh import candidates, fresh_places, mixed
from handler.readers import Reader, ReaderShards
from handler.reasons import Reason, Situation, reasons_for
from handler.rendering import Renderer
from handler.session import session
from handler.tables import Posts, read_posts

_NOTHING = np.empty(0, np.int64)
_SECONDS_OF_DAY = 86_400


@dataclass(frozen=True)
class Ranked:
    """Posts, best first, or with fresh ones in between.

    Attributes:
        rows: int64 [n], rows of the catalogue.
        scores: float64 [n], log odds of a like.
        known: whether the release knows the reader.
    """

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    known: bool


class Recommender:
    """One release, loaded.

    Args:
        fetched: the release, its graph and its posts.
        fresh_share: of a feed's places, for fresh posts.

    Raises:
        ArtifactError: a file cannot be fetched, or is not what the manifest says.
    """

    def __init__(self, fetched: Fetched, fresh_share: Fraction = Fraction(0)) -> None:
        self.manifest = fetched.release.manifest
        self.zone = zone_named(self.manifest.timezone)
        self._until = network_seconds(self.manifest.data.until, self.zone)
        self.posts: Posts = read_posts(
            fetched.posts, len(self.manifest.features.post), self.manifest.first_stage
        )
        self._catalogue = {layout.INPUT_POSTS: self.posts.features, **self.posts.first_stage}
        self._fresh_share = fresh_share
        self._fresh = self.posts.fresh if fresh_share else _NOTHING
        self.renderer = Renderer(self.posts)
        self._readers = ReaderShards(fetched.release)
        self._session = session(fetched.ranker)
        optional = self._session.get_overridable_initializers()
        self._explains = layout.INPUT_EXPLAIN in [given.name for given in optional]
        self._try_out()

    def recommend(self, user_id: int, time: int, limit: int, exclude: Sequence[int] = ()) -> Ranked:
        """The `limit` best posts that the reader has not liked yet, with the share of fresh ones.

        Args:
            user_id: a reader, known or not.
            time: epoch seconds of the network's own clock.
            limit: how many posts at most, from 1.
            exclude: ids of posts to leave out as well; unknown ones are passed over.

        Raises:
            ArtifactError: the reader's shard cannot be fetched.
        """
        reader = self._readers.find(user_id)
        left_out = np.concatenate((reader.liked, np.array(exclude, np.int64)))
        rows, _ = self.posts.rows_of(left_out)
        best = self._run(reader, time, _NOTHING, rows, limit)
        return self._with_fresh(best, reader, time, rows) if len(self._fresh) else best

    def rerank(self, user_id: int, time: int, post_ids: Sequence[int]) -> tuple[Ranked, list[int]]:
        """The given posts, best first, and those of them that the release does not know.

        Args:
            user_id: a reader, known or not.
            time: epoch seconds of the network's own clock.
            post_ids: which posts, each once in the answer however often it is given.

        Raises:
            ArtifactError: the reader's shard cannot be fetched.
        """
        reader = self._readers.find(user_id)
        rows, unknown = self.posts.rows_of(np.array(post_ids, np.int64))
        # With no candidate the graph takes the whole catalogue, and of it the best none.
        return self._run(reader, time, rows, _NOTHING, len(rows)), unknown.tolist()

    def explain(self, user_id: int, time: int, ranked: Ranked) -> list[list[Reason]]:
        """Why each of the posts is recommended, the weightiest reason first.

        By a release that was made before there were reasons, there are none.

        Args:
            user_id: the reader.
            time: epoch seconds of the network's own clock.
            ranked: what `recommend` has answered to both.

        Raises:
            ArtifactError: the reader's shard cannot be fetched.
        """
        rows = ranked.rows
        if not self._explains or not len(rows):
            return [[] for _ in rows]
        reader = self._readers.find(user_id)
        inputs = _inputs(reader, time, rows, _NOTHING, len(rows)) | self._catalogue
        inputs[layout.INPUT_EXPLAIN] = np.array([True])
        (without,) = self._session.run((layout.OUTPUT_WITHOUT,), inputs)
        raised = ranked.scores - without.reshape(len(layout.REASONS), len(rows))
        liked, _ = self.posts.rows_of(reader.liked)
        still_new = self._until + layout.DAYS_NEW * _SECONDS_OF_DAY
        situation = Situation(reader.known, frozenset(self._topics(liked)), time < still_new)
        return [
            reasons_for(weights, topic, situation)
            for weights, topic in zip(raised.T.tolist(), self._topics(rows), strict=True)
        ]

    def _with_fresh(
        self, best: Ranked, reader: Reader, time: int, left_out: npt.NDArray[np.int64]
    ) -> Ranked:
        length = len(best.rows)
        fresh = candidates(self._fresh, left_out)
        # With no candidate the graph takes the whole catalogue.
        if not len(fresh) or not fresh_places(length, self._fresh_share):
            return best
        best_fresh = self._run(reader, time, fresh, _NOTHING, length)
        rows = mixed(best.rows.tolist(), best_fresh.rows.tolist(), self._fresh_share)
        found = np.concatenate((best.rows, best_fresh.rows)).tolist()
        scores = np.concatenate((best.scores, best_fresh.scores)).tolist()
        score = dict(zip(found, scores, strict=True))
        return Ranked(np.array(rows), np.array([score[row] for row in rows]), best.known)

    def _run(
        self,
        reader: Reader,
        time: int,
        candidates: npt.NDArray[np.int64],
        leave_out: npt.NDArray[np.int64],
        limit: int,
    ) -> Ranked:
        inputs = _inputs(reader, time, candidates, leave_out, limit)
        rows, scores = self._session.run(layout.RANKER_OUTPUTS, inputs | self._catalogue)
        return Ranked(rows, scores, reader.known)

    def _topics(self, rows: npt.NDArray[np.int64]) -> list[str]:
        return [self.posts.topics[row].as_py() for row in rows.tolist()]

    def _try_out(self) -> None:
        """Refuse a graph that does not answer; besides, a first run is slower than the next."""
        try:
            best = self._run(self._readers.unknown, 0, _NOTHING, _NOTHING, 1)
            answers = (
                best.rows.dtype == np.int64
                and best.scores.dtype == np.float64
                and best.rows.shape == best.scores.shape == (1,)
                and 0 <= best.rows[0] < len(self.posts.ids)
            )
        except Exception as error:  # see session
            raise BrokenRelease(f"{layout.RANKER} does not answer: {error}") from error
        if not answers:
            raise BrokenRelease(
                f"{layout.RANKER}, asked for one post, answers {best.rows} and {best.scores}"
            )


def _inputs(
    reader: Reader,
    time: int,
    candidates: npt.NDArray[np.int64],
    leave_out: npt.NDArray[np.int64],
    limit: int,
) -> dict[str, npt.NDArray[Any]]:
    """What the ranker is asked, without the catalogue."""
    return {
        layout.INPUT_READER: reader.features,
        layout.INPUT_TIME: np.array([time], np.int64),
        layout.INPUT_CANDIDATES: candidates,
        layout.INPUT_LEAVE_OUT: leave_out,
        layout.INPUT_K: np.array([limit], np.int64),
    }
