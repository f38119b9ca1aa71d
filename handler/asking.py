"""One call for one reader: one release answers it from its start to its end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Self

from handler.clock import network_seconds
from handler.exploring import Draw
from handler.exposure import Exposure
from handler.loading import Answering
from handler.ranked import Ranked
from handler.readers import Reader
from handler.reasons import Reason
from handler.rendering import Renderer
from handler.serving import NothingToServeError, Serving
from handler.telemetry import Answered


@dataclass(frozen=True)
class Asking:
    """Who asks, for when, and what answers.

    Attributes:
        user_id: the reader's id.
        reader: the reader's row of the release.
        time: epoch seconds of the network's own clock.
        answering: the release, and the reader's arm.
    """

    user_id: int
    reader: Reader
    time: int
    answering: Answering

    @classmethod
    async def of(cls, serving: Serving, user_id: int, time: datetime | None) -> Self:
        """Whom a call is for; `time` as it was asked for, None for now.

        Raises:
            NothingToServeError: nothing is loaded.
        """
        answering = serving.answering(user_id)
        recommender = answering.recommender
        reader = await recommender.reader(user_id)
        return cls(user_id, reader, network_seconds(time, recommender.zone), answering)

    @property
    def renderer(self) -> Renderer:
        """Writes the posts of the release."""
        return self.answering.recommender.renderer

    async def recommend(
        self, limit: int, exclude: Sequence[int] = ()
    ) -> tuple[Ranked, Sequence[str]]:
        """The best posts, or some that are drawn where the arm explores, and their texts.

        Where a text cannot be had, they are the best of posts whose texts are at hand.

        Raises:
            NothingToServeError: there are none of these.
        """
        recommender, arm = self.answering.recommender, self.answering.arm
        draw = None
        if arm.temperature:
            seed = f"{self.answering.experiment} {self.user_id} {self.time}"
            draw = Draw(arm.temperature, seed)
        rank = partial(recommender.recommend, self.reader, self.time, limit, exclude, draw)
        ranked = rank()
        texts = await recommender.texts.of(ranked.rows.tolist())
        if texts is None:
            ranked = replace(rank(among=recommender.texts.at_hand()), source="fallback")
            texts = await recommender.texts.of(ranked.rows.tolist())
            if not texts:
                raise NothingToServeError("the posts' texts cannot be had; the log says why")
        return ranked, texts

    def rerank(self, post_ids: Sequence[int]) -> tuple[Ranked, list[int]]:
        """The given posts, best first, and those that the release does not know."""
        return self.answering.recommender.rerank(self.reader, self.time, post_ids)

    def explain(self, ranked: Ranked) -> list[list[Reason]]:
        """Why each of the posts is recommended."""
        return self.answering.recommender.explain(self.reader, self.time, ranked)

    def head(self, ranked: Ranked) -> dict[str, str | int]:
        """What the answer says of itself."""
        return {
            "user_id": self.user_id,
            "exp_group": self.answering.arm.name,
            "release": self.answering.recommender.manifest.release,
            "source": ranked.source,
        }

    def answered(self, call: str, ranked: Ranked) -> Answered:
        """What the log keeps of the answer."""
        recommender = self.answering.recommender
        exposure = Exposure(
            call=call,
            time=self.time,
            reader=self.user_id,
            experiment=self.answering.experiment,
            arm=self.answering.arm,
            release=recommender.manifest.release,
            source=ranked.source,
            posts=recommender.posts.ids[ranked.rows].tolist(),
            scores=ranked.scores.tolist(),
            exploration=ranked.exploration,
        )
        return Answered(exposure, recommender.feature_age())
