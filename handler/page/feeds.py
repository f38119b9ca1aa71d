"""What the page shows: a reader, the recommended feed, and random posts for the same moment.

Nobody is shown it as the network's feed, so it is no exposure: the log has the call, and no posts.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from artifacts.channel import Arm
from handler.answers import Int64
from handler.asking import Asking
from handler.clock import TextMoment, network_seconds
from handler.loading import Loaded
from handler.recommender import Recommender
from handler.serving import Serving

LIKED_SHOWN = 5
"""Of the posts that the reader has liked."""

_DAY, _MINUTE = 86_400, 60


class Asked(BaseModel):
    """What the page may ask.

    Attributes:
        id: the reader's; without it, one whom the release knows.
        nobody: for a reader whom the release does not know, whoever that is.
        time: None is the first moment at this time of day after the end of the release's data.
        limit: posts of each feed at most.
        arm: of the running experiment; the reader's own if empty.
    """

    id: Int64 | None = None
    nobody: bool = False
    time: TextMoment = None
    limit: Annotated[int, Field(ge=1, le=100)] = 5
    arm: Annotated[str, Field(max_length=64)] = ""


async def answer(serving: Serving, query: Mapping[str, str]) -> bytes:
    """The JSON that the page is drawn from.

    Raises:
        RequestValidationError: the query is not well formed, or names no arm of the channel.
        NothingToServeError: nothing is loaded.
    """
    try:
        asked = Asked.model_validate(dict(query))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    began = time.perf_counter()
    loaded = serving.loaded()
    user_id = await _whom(loaded, asked)
    asking = await _asking(loaded, user_id, asked)
    ranked, texts = await asking.recommend(asked.limit)
    milliseconds = (time.perf_counter() - began) * 1000
    recommended = asking.renderer.explained_posts(
        ranked.rows.tolist(), texts, ranked.scores.tolist(), asking.explain(ranked)
    )
    facts: dict[str, Any] = {
        "release": asking.answering.recommender.manifest.release,
        "source": ranked.source,
        "milliseconds": round(milliseconds, 2),
        "time": datetime.fromtimestamp(asking.time, UTC).replace(tzinfo=None).isoformat(),
        "experiment": asking.answering.experiment,
        "arm": asking.answering.arm.name,
        "arms": [_described(arm) for arm in loaded.channel.arms],
        "reader": await _reader(asking, user_id),
    }
    head = json.dumps(facts, ensure_ascii=False).encode()[:-1]
    drawn = await _random(asking, asked.limit)
    liked = await _posts(asking, _liked_rows(asking)[-LIKED_SHOWN:])
    return b'%b,"recommended":%b,"random":%b,"liked":%b}' % (head, recommended, drawn, liked)


async def _asking(loaded: Loaded, user_id: int | None, asked: Asked) -> Asking:
    try:
        answering = loaded.answering(user_id, asked.arm)
    except KeyError as error:
        message = "Input should be the name of an arm that is served"
        problem = {"loc": ("arm",), "msg": message, "type": "arm", "input": asked.arm}
        raise RequestValidationError([problem]) from error
    recommender = answering.recommender
    reader = recommender.readers.unknown if user_id is None else await recommender.reader(user_id)
    if asked.time is None:
        seconds = _present(recommender)
    else:
        seconds = network_seconds(asked.time, recommender.zone)
    return Asking(user_id or 0, reader, seconds, answering)


async def _whom(loaded: Loaded, asked: Asked) -> int | None:
    """The reader's id; None for a reader whom nobody knows."""
    if asked.nobody or asked.id is not None:
        return None if asked.nobody else asked.id
    before, after = await loaded.answering(None).recommender.readers.near(0)
    return before if after is None else after


def _present(recommender: Recommender) -> int:
    """Now; or, of a release that is older than a day, this time of day just after its data."""
    age = recommender.feature_age()
    moment = network_seconds(None, recommender.zone) - age + age % _DAY
    return moment - moment % _MINUTE


def _described(arm: Arm) -> dict[str, Any]:
    return {"name": arm.name, "release": arm.release, "share": arm.share}


async def _reader(asking: Asking, user_id: int | None) -> dict[str, Any]:
    """Who the reader is, as the release has it; ids are texts, for JavaScript has 53 bits."""
    recommender, row = asking.answering.recommender, asking.reader.features[0].tolist()
    before, after = await recommender.readers.near(asking.user_id)
    topics = Counter(recommender.posts.topics[at].as_py() for at in _liked_rows(asking))
    return {
        "id": None if user_id is None else str(user_id),
        "before": None if before is None else str(before),
        "after": None if after is None else str(after),
        "likes": len(asking.reader.liked),
        "liked_topics": topics.most_common(),
        # NaN, which is unequal to itself, is what nothing is known of.
        "facts": [
            [name, round(value, 4)]
            for name, value in zip(recommender.manifest.features.reader, row, strict=True)
            if value == value  # noqa: PLR0124 - see above
        ],
    }


def _liked_rows(asking: Asking) -> list[int]:
    """Rows of the posts that the reader has liked, of those that the catalogue still has."""
    rows, _ = asking.answering.recommender.posts.rows_of(asking.reader.liked)
    found: list[int] = rows.tolist()
    return found


async def _random(asking: Asking, limit: int) -> bytes:
    """Posts drawn from the catalogue, the same for the same reader and time, with their scores."""
    posts = asking.answering.recommender.posts
    seed = f"{asking.user_id} {asking.time}"
    draw = random.Random(seed)  # noqa: S311 - nothing hangs on it
    rows = draw.sample(range(len(posts.ids)), min(limit, len(posts.ids)))
    ranked, _ = asking.rerank(posts.ids[rows].tolist())
    score = dict(zip(ranked.rows.tolist(), ranked.scores.tolist(), strict=True))
    texts = await _texts(asking, rows)
    return asking.renderer.scored_posts(rows, texts, [score[row] for row in rows])


async def _posts(asking: Asking, rows: Sequence[int]) -> bytes:
    return asking.renderer.posts(rows, await _texts(asking, rows))


async def _texts(asking: Asking, rows: Sequence[int]) -> list[str]:
    """The texts of posts; empty ones where they cannot be had now."""
    return await asking.answering.recommender.texts.of(rows) or [""] * len(rows)
