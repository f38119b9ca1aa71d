"""What the page shows: a reader, the recommended feed, and random posts for the same moment.

Nobody is shown it as the network's feed, so it is no exposure: the log has the call, and no posts.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from artifacts.channel import Arm
from handler.asking import Asking
from handler.page.asked import Asked
from handler.recommender import Recommender
from handler.serving import Serving

LIKED_SHOWN = 5
"""Of the posts that the reader has liked."""


async def answer(serving: Serving, query: Mapping[str, str]) -> bytes:
    """The JSON that the page is drawn from.

    Raises:
        RequestValidationError: the query is not well formed, or names what is not there.
        NothingToServeError: nothing is loaded, or what is asked for cannot be had now.
    """
    asked = Asked.parse(query)
    began = time.perf_counter()
    loaded = serving.loaded()
    user_id = await asked.whom(loaded)
    asking = await asked.of(loaded, user_id)
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
        "newcomers": await _newcomers(asking.answering.recommender) if asked.is_new else None,
    }
    head = json.dumps(facts, ensure_ascii=False).encode()[:-1]
    drawn = await _random(asking, asked.limit)
    liked = await _posts(asking, _liked_rows(asking)[:LIKED_SHOWN])
    return b'%b,"recommended":%b,"random":%b,"liked":%b}' % (head, recommended, drawn, liked)


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
        "lately": asking.reader.newest_first,
        "liked_topics": topics.most_common(),
        # NaN, which is unequal to itself, is what nothing is known of.
        "facts": [
            [name, round(value, 4)]
            for name, value in zip(recommender.manifest.features.reader, row, strict=True)
            if value == value  # noqa: PLR0124 - see above
        ],
    }


async def _newcomers(recommender: Recommender) -> dict[str, Any] | None:
    """The profiles to choose from; None where there are none, or they cannot be had now."""
    found = await recommender.readers.newcomers()
    return {"fields": found.fields, "kinds": found.kinds} if found and found.kinds else None


def _liked_rows(asking: Asking) -> list[int]:
    """Rows of the posts that the reader has liked, in that order, that the catalogue still has."""
    posts = asking.answering.recommender.posts
    rows, _ = posts.rows_of(asking.reader.liked)
    row_of = dict(zip(posts.ids[rows].tolist(), rows.tolist(), strict=True))
    return [row_of[post] for post in asking.reader.liked.tolist() if post in row_of]


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
