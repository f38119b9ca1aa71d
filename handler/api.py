"""The HTTP API: parses a call, asks the release that is served, answers."""

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator

from handler import page, telemetry
from handler.answers import (
    MOST_POSTS,
    Health,
    Int64,
    Post,
    Recommendations,
    Reranking,
    RerankRequest,
    Source,
)
from handler.clock import Moment, network_seconds
from handler.fetching import Fetching
from handler.identity import Gatekeeper
from handler.problems import RESPONSES, add_problem_handlers
from handler.recommender import Ranked, Recommender
from handler.rendering import fields
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

Explain = Annotated[bool, Query(description="whether each post says why it is recommended")]


def create_app(
    settings: Settings,
    clock: Callable[[], float] = monotonic,
    fetching: Fetching | None = None,
) -> FastAPI:
    """The API over the store that the settings name, with its release loaded.

    Where it cannot be loaded now, calls try again and get 503 until it can.

    Args:
        settings: where the release is, who may ask, and what share of a feed fresh posts have.
        clock: seconds that only grow, by which failed loads are repeated.
        fetching: fetches the release, and may have begun to.
    """
    serving = Serving(fetching or Fetching(settings), clock, settings.fresh_share)
    if settings.store:
        serving.load()
    gatekeeper = Gatekeeper(settings)
    app = FastAPI(
        title="Lenta",
        version="1",
        description="Recommends posts to readers.",
        responses=RESPONSES,
        generate_unique_id_function=lambda route: route.name,
        redoc_url=None,
    )
    app.state.serving = serving
    add_problem_handlers(app)

    # `async`, though nothing is awaited: a plain function would go through a pool of threads,
    # which costs more than the answer.
    @app.get("/post/recommendations/", response_model=list[Post])
    async def post_recommendations(
        request: Request,
        id: Id,  # noqa: A002 - the contract's name
        time: Time = None,
        limit: Limit = 5,
    ) -> Response:
        """The best posts for a reader: the network's own contract."""
        gatekeeper.admit(request.scope, id)
        recommender, arm = serving.current()
        ranked = recommender.recommend(id, _seconds(recommender, time), limit)
        _note(id, recommender, arm, ranked)
        return _json(recommender.renderer.posts(ranked.rows.tolist()))

    @app.get("/v1/recommendations", response_model=Recommendations)
    async def recommendations(
        request: Request,
        id: Id,  # noqa: A002 - the contract's name
        time: Time = None,
        limit: Limit = 5,
        exclude: Exclude = [],  # noqa: B006 - FastAPI copies it
        *,
        explain: Explain = False,
    ) -> Response:
        """The best posts for a reader, with scores and what answered, and why if asked."""
        gatekeeper.admit(request.scope, id)
        recommender, arm = serving.current()
        seconds = _seconds(recommender, time)
        ranked = recommender.recommend(id, seconds, limit, exclude)
        _note(id, recommender, arm, ranked)
        rows, scores = ranked.rows.tolist(), ranked.scores.tolist()
        if explain:
            reasons = recommender.explain(id, seconds, ranked)
            posts = recommender.renderer.explained_posts(rows, scores, reasons)
        else:
            posts = recommender.renderer.scored_posts(rows, scores)
        head = _head(id, recommender, arm, ranked)
        return _json(b'{%b,"recommendations":%b}' % (head, posts))

    @app.post("/v1/rerank", response_model=Reranking)
    async def rerank(request: Request, asked: RerankRequest) -> Response:
        """The given posts in the order in which the reader will most likely like them."""
        gatekeeper.admit(request.scope, asked.user_id)
        recommender, arm = serving.current()
        time = _seconds(recommender, asked.time)
        ranked, unknown = recommender.rerank(asked.user_id, time, asked.post_ids)
        _note(asked.user_id, recommender, arm, ranked)
        posts = recommender.renderer.scores(ranked.rows.tolist(), ranked.scores.tolist())
        head = _head(asked.user_id, recommender, arm, ranked)
        rest = fields(unknown_post_ids=unknown)
        return _json(b'{%b,"posts":%b,%b}' % (head, posts, rest))

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
            feature_age_seconds=_feature_age(recommender),
            readers=manifest.data.readers,
            posts=manifest.data.posts,
        )

    @app.get("/", include_in_schema=False)
    async def feed() -> HTMLResponse:
        return HTMLResponse(page.HTML, headers=page.HEADERS)

    return app


def _seconds(recommender: Recommender, time: datetime | None) -> int:
    return network_seconds(time, recommender.zone)


def _feature_age(recommender: Recommender) -> int:
    """Seconds, by the network's own clock."""
    until = recommender.manifest.data.until
    return _seconds(recommender, None) - _seconds(recommender, until)


def _note(reader: int, recommender: Recommender, arm: str, ranked: Ranked) -> None:
    release, age = recommender.manifest.release, _feature_age(recommender)
    telemetry.note(telemetry.Answered(reader, release, arm, _source(ranked), age))


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _head(reader: int, recommender: Recommender, arm: str, ranked: Ranked) -> bytes:
    return fields(
        user_id=reader,
        exp_group=arm,
        release=recommender.manifest.release,
        source=_source(ranked),
    )


def _source(ranked: Ranked) -> Source:
    return "model" if ranked.known else "cold_start"
