"""The HTTP API: parses a call, asks the release that is served, answers."""

import warnings
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import HTMLResponse
from mangum import Mangum
from pydantic import BeforeValidator

from handler import page
from handler.answers import (
    MOST_POSTS,
    Health,
    Int64,
    Post,
    PostScore,
    Recommendations,
    Reranking,
    RerankRequest,
    ScoredPost,
    Source,
)
from handler.clock import Moment, network_seconds
from handler.problems import RESPONSES, add_problem_handlers
from handler.recommender import Ranked, Recommender
from handler.serving import Serving
from handler.settings import Settings


def _split(items: list[str]) -> list[str]:
    """The items of a list whose items may be lists: API Gateway joins repeated parameters."""
    parts = (part.strip() for item in items for part in item.split(","))
    return [part for part in parts if part]


Id = Annotated[Int64, Query(description="the reader's id")]
Time = Annotated[
    Moment | None,
    Query(description="when the feed is shown: with a zone, or by the network's own clock; now"),
]
Limit = Annotated[int, Query(ge=1, le=100, description="how many posts at most")]
Exclude = Annotated[
    list[Int64],
    BeforeValidator(_split),
    Query(
        max_length=MOST_POSTS,
        description="ids of posts to leave out, repeated or with commas between",
    ),
]


def create_app(settings: Settings, clock: Callable[[], float] = monotonic) -> FastAPI:
    """The API over the store that the settings name, with its release loaded.

    Where it cannot be loaded now, calls try again and get 503 until it can.

    Args:
        settings: where the release is.
        clock: seconds that only grow, by which failed loads are repeated.
    """
    serving = Serving(settings, clock)
    if settings.store:  # at import, which on Lambda is the init phase, and not at the first call
        serving.load()
    app = FastAPI(
        title="Lenta",
        version="1",
        description="Recommends posts to readers.",
        responses=RESPONSES,
        generate_unique_id_function=lambda route: route.name,
        redoc_url=None,
    )
    add_problem_handlers(app)

    # `async`, though nothing is awaited: a plain function would go through a pool of threads,
    # which costs more than the answer.
    @app.get("/post/recommendations/")
    async def post_recommendations(id: Id, time: Time = None, limit: Limit = 5) -> list[Post]:  # noqa: A002 - the contract's name
        """The best posts for a reader: the network's own contract."""
        recommender, _ = serving.current()
        ranked = recommender.recommend(id, _seconds(recommender, time), limit)
        return [Post(**_post(recommender, row)) for row in ranked.rows]

    @app.get("/v1/recommendations")
    async def recommendations(
        id: Id,  # noqa: A002 - the contract's name
        time: Time = None,
        limit: Limit = 5,
        exclude: Exclude = [],  # noqa: B006 - FastAPI copies it
    ) -> Recommendations:
        """The best posts for a reader, with scores and what answered."""
        recommender, arm = serving.current()
        ranked = recommender.recommend(id, _seconds(recommender, time), limit, exclude)
        return Recommendations(
            user_id=id,
            exp_group=arm,
            release=recommender.manifest.release,
            source=_source(ranked),
            recommendations=[
                ScoredPost(**_post(recommender, row), score=score)
                for row, score in zip(ranked.rows, ranked.scores.tolist(), strict=True)
            ],
        )

    @app.post("/v1/rerank")
    async def rerank(request: RerankRequest) -> Reranking:
        """The given posts in the order in which the reader will most likely like them."""
        recommender, arm = serving.current()
        time = _seconds(recommender, request.time)
        ranked, unknown = recommender.rerank(request.user_id, time, request.post_ids)
        ids = recommender.posts.ids[ranked.rows].tolist()
        return Reranking(
            user_id=request.user_id,
            exp_group=arm,
            release=recommender.manifest.release,
            source=_source(ranked),
            posts=[
                PostScore(id=post_id, score=score)
                for post_id, score in zip(ids, ranked.scores.tolist(), strict=True)
            ],
            unknown_post_ids=list(unknown),
        )

    @app.get("/healthz")
    async def healthz() -> Health:
        """Which release is served, and how old its features are."""
        recommender, arm = serving.current()
        manifest = recommender.manifest
        return Health(
            release=manifest.release,
            exp_group=arm,
            created_at=manifest.created_at,
            data_until=manifest.data.until,
            feature_age_seconds=_seconds(recommender, None)
            - _seconds(recommender, manifest.data.until),
            readers=manifest.data.readers,
            posts=manifest.data.posts,
        )

    @app.get("/", include_in_schema=False)
    async def feed() -> HTMLResponse:
        return HTMLResponse(page.HTML, headers=page.HEADERS)

    return app


def _seconds(recommender: Recommender, time: datetime | None) -> int:
    return network_seconds(time, recommender.zone)


def _post(recommender: Recommender, row: int) -> dict[str, int | str]:
    posts = recommender.posts
    return {
        "id": int(posts.ids[row]),
        "text": posts.texts[row].as_py(),
        "topic": posts.topics[row].as_py(),
    }


def _source(ranked: Ranked) -> Source:
    return "model" if ranked.known else "cold_start"


def lambda_entry(app: FastAPI) -> Mangum:
    """The app as Lambda calls it, with events of API Gateway."""
    with warnings.catch_warnings():
        # Mangum asks asyncio for the event loop of a thread that has none yet, and gets one.
        warnings.filterwarnings("ignore", "There is no current event loop", DeprecationWarning)
        return Mangum(app, lifespan="off")


app = create_app(Settings.from_environment())
lambda_handler = lambda_entry(app)
