"""Answers from one release: a reader's row in, the best posts out, by one run of its graph.

The catalogue is given to each run as numpy arrays, which onnxruntime does not copy. With OrtValues
made once a run takes 0.54 ms instead of 0.46 at 7,023 posts and 3.1 ms instead of 3.0 at a million;
with inputs bound once, 0.47 and 3.0.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from artifacts import layout
from handler.clock import network_seconds, zone_named
from handler.exploring import CANDIDATES, Draw, Exploration, drawn
from handler.fetching import Fetched
from handler.fresh import candidates, fresh_places, mixed
from handler.ranked import Ranked, try_out
from handler.readers import Reader, ReaderShards
from handler.reasons import Reason, Situation, reasons_for
from handler.rendering import Renderer
from handler.session import session
from handler.tables import Posts, read_posts
from handler.texts import Texts

_NOTHING = np.empty(0, np.int64)
_SECONDS_OF_DAY = 86_400


class Recommender:
    """One release, loaded.

    Args:
        fetched: the release, its graph and its posts.
        fresh_share: of a feed's places, for fresh posts.
        clock: seconds that only grow, by which failures to fetch are forgotten.

    Raises:
        ArtifactError: a file cannot be fetched, or is not what the manifest says.
    """

    def __init__(
        self,
        fetched: Fetched,
        fresh_share: Fraction = Fraction(0),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.manifest = fetched.release.manifest
        self.zone = zone_named(self.manifest.timezone)
        self._until = network_seconds(self.manifest.data.until, self.zone)
        self.posts: Posts = read_posts(
            fetched.taken_posts(), len(self.manifest.features.post), self.manifest.first_stage
        )
        self._catalogue = {layout.INPUT_POSTS: self.posts.features, **self.posts.first_stage}
        self._fresh_share = fresh_share
        self._fresh = self.posts.fresh if fresh_share else _NOTHING
        self.texts = Texts(fetched.release, self.posts, clock)
        self.renderer = Renderer(self.posts)
        self.readers = ReaderShards(fetched.release, clock)
        self._session = session(fetched.ranker)
        optional = self._session.get_overridable_initializers()
        self._explains = layout.INPUT_EXPLAIN in [given.name for given in optional]
        self._try_out()

    async def reader(self, user_id: int) -> Reader:
        """A reader, known or not; one whose features cannot be had now is as one unknown."""
        return await self.readers.find(user_id)

    def recommend(
        self,
        reader: Reader,
        time: int,
        limit: int,
        exclude: Sequence[int] = (),
        draw: Draw | None = None,
        *,
        among: npt.NDArray[np.int64] | None = None,
    ) -> Ranked:
        """The `limit` best posts that the reader has not liked yet.

        With the share of fresh ones; or drawn, where that is wanted: then without.

        Args:
            reader: of this release.
            time: epoch seconds of the network's own clock.
            limit: how many posts at most, from 1.
            exclude: ids of posts to leave out as well; unknown ones are passed over.
            draw: how the first places are to be drawn.
            among: int64, rows of the posts to choose from; None for all. Of a few, fresh ones have
                no share.
        """
        left_out = np.concatenate((reader.liked, np.array(exclude, np.int64)))
        rows, _ = self.posts.rows_of(left_out)
        wanted = _NOTHING if among is None else candidates(among, rows)
        if among is not None and not len(wanted):  # the graph would take the whole catalogue
            return Ranked(_NOTHING, np.empty(0), reader.source)
        best = self._run(reader, time, wanted, rows, max(limit, CANDIDATES) if draw else limit)
        if draw:
            return self._drawn(best, draw, limit)
        return self._with_fresh(best, reader, time, rows) if among is None else best

    def rerank(
        self, reader: Reader, time: int, post_ids: Sequence[int]
    ) -> tuple[Ranked, list[int]]:
        """The given posts, best first, and those of them that the release does not know.

        Args:
            reader: of this release.
            time: epoch seconds of the network's own clock.
            post_ids: which posts, each once in the answer however often it is given.
        """
        rows, unknown = self.posts.rows_of(np.array(post_ids, np.int64))
        # With no candidate the graph takes the whole catalogue, and of it the best none.
        return self._run(reader, time, rows, _NOTHING, len(rows)), unknown.tolist()

    def feature_age(self) -> int:
        """Seconds from the end of the release's data to now, by the network's own clock."""
        return network_seconds(None, self.zone) - self._until

    def explain(self, reader: Reader, time: int, ranked: Ranked) -> list[list[Reason]]:
        """Why each of the posts is recommended, the weightiest reason first.

        By a release that was made before there were reasons, there are none.

        Args:
            reader: of this release.
            time: epoch seconds of the network's own clock.
            ranked: what `recommend` has answered to both.
        """
        rows = ranked.rows
        if not self._explains or not len(rows):
            return [[] for _ in rows]
        inputs = _inputs(reader, time, rows, _NOTHING, len(rows)) | self._catalogue
        inputs[layout.INPUT_EXPLAIN] = np.array([True])
        (without,) = self._session.run((layout.OUTPUT_WITHOUT,), inputs)
        raised = ranked.scores - without.reshape(len(layout.REASONS), len(rows))
        liked, _ = self.posts.rows_of(reader.liked)
        still_new = self._until + layout.DAYS_NEW * _SECONDS_OF_DAY
        situation = Situation(
            reader.source == "model", frozenset(self._topics(liked)), time < still_new
        )
        return [
            reasons_for(weights, topic, situation)
            for weights, topic in zip(raised.T.tolist(), self._topics(rows), strict=True)
        ]

    def _drawn(self, best: Ranked, draw: Draw, limit: int) -> Ranked:
        posts = self.posts.ids[best.rows[:CANDIDATES]].tolist()
        scores = best.scores[:CANDIDATES].tolist()
        order, shares = drawn(posts, scores, draw.temperature, draw.seed)
        places = np.array([*order, *range(len(order), len(best.rows))], np.int64)[:limit]
        exploration = Exploration(draw.temperature, posts, scores, shares[:limit])
        return Ranked(best.rows[places], best.scores[places], best.source, exploration)

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
        return Ranked(np.array(rows), np.array([score[row] for row in rows]), best.source)

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
        return Ranked(rows, scores, reader.source)

    def _try_out(self) -> None:
        reader = self.readers.unknown
        try_out(
            lambda leave_out, limit: self._run(reader, 0, _NOTHING, leave_out, limit),
            len(self.posts.ids),
        )

    def _topics(self, rows: npt.NDArray[np.int64]) -> list[str]:
        return [self.posts.topics[row].as_py() for row in rows.tolist()]


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
