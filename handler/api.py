"""The HTTP API: parses a call, asks the release that is served, answers."""

from collections.abc import Callable
from time import monotonic
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from pydantic import BeforeValidator

from handler.answers import (
    MOST_POSTS,
    Health,
    Int64,
    Post,
    Recommendations,
    Reranking,
    RerankRequest,
)
from handler.asking import Asking
from handler.clock import TextMoment
from handler.fetching import Fetching
from handler.identity import Gatekeeper
from handler.page import add_page
from handler.problems import RESPONSES, add_problem_handlers
from handler.rendering import fields
from handler.serving import Serving
from handler.settings import Settings
from handler.telemetry import Telemetry

CONTRACT, FEED, RERANK = "/post/recommendations/", "/v1/recommendations", "/v1/rerank"


def _split(items: list[str]) -> list[str]:
    """The items of a list whose items may be lists: API Gateway joins repeated parameters."""
    parts = (part.strip() for item in items for part in item.split(","))
    return [part for part in parts if part]


Id = Annotated[Int64, Query(description="the reader's id")]
Time = Annotated[
    TextMoment,
    Query(
        description="when the feed is shown: with a zone, or by the network's own clock; "
        "by default now"
    ),
]
Limit = Annotated[int, Query(ge=1, le=100, description="how many posts at most")]
Exclude = Annotated[
    list[Int64],
    BeforeValidator(_split),
    Query(
        max_length=MOST_POSTS,
        description="ids of posts to leave out as well, at most 1,000: repeated, or with commas "
        "between; unknown ones are passed over",
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
        clock: seconds that only grow, by which the channel is looked at.
        fetching: fetches the release, and may have begun to.
    """
    serving = Serving(settings, fetching or Fetching(settings), clock)
    if settings.store:
        serving.refresh()
    gatekeeper = Gatekeeper(settings)
    log = Telemetry(settings.reader_hash_key)
    app = FastAPI(
        title="Lenta",
        version="1",
        description="Recommends posts to readers.",
        responses=RESPONSES,
        generate_unique_id_function=lambda route: route.name,
        redoc_url=None,
    )
    app.state.serving, app.state.telemetry = serving, log
    add_problem_handlers(app)

    # `async`, though little is awaited: a plain function would go through a pool of threads,
    # which costs more than the answer.
    @app.get(CONTRACT, response_model=list[Post])
    async def post_recommendations(
        request: Request,
        id: Id,  # noqa: A002 - the contract's name
        time: Time = None,
        limit: Limit = 5,
    ) -> Response:
        """The best posts for a reader: the network's own contract."""
        gatekeeper.admit(request.scope, id)
        asking = await Asking.of(serving, id, time)
        ranked, texts = await asking.recommend(limit)
        log.note(asking.answered(CONTRACT, ranked))
        return _json(asking.renderer.posts(ranked.rows.tolist(), texts))

    @app.get(FEED, response_model=Recommendations)
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
        asking = await Asking.of(serving, id, time)
        ranked, texts = await asking.recommend(limit, exclude)
        log.note(asking.answered(FEED, ranked))
        rows, scores = ranked.rows.tolist(), ranked.scores.tolist()
        if explain:
            reasons = asking.explain(ranked)
            posts = asking.renderer.explained_posts(rows, texts, scores, reasons)
        else:
            posts = asking.renderer.scored_posts(rows, texts, scores)
        return _json(b'{%b,"recommendations":%b}' % (fields(**asking.head(ranked)), posts))

    @app.post(RERANK, response_model=Reranking)
    async def rerank(request: Request, asked: RerankRequest) -> Response:
        """The given posts in the order in which the reader will most likely like them."""
        gatekeeper.admit(request.scope, asked.user_id)
        asking = await Asking.of(serving, asked.user_id, asked.time)
        ranked, unknown = asking.rerank(asked.post_ids)
        log.note(asking.answered(RERANK, ranked))
        posts = asking.renderer.scores(ranked.rows.tolist(), ranked.scores.tolist())
        rest = fields(unknown_post_ids=unknown)
        return _json(b'{%b,"posts":%b,%b}' % (fields(**asking.head(ranked)), posts, rest))

    @app.get("/healthz")
    async def healthz() -> Health:
        """Which release is served, and how old its features are."""
        answering = serving.answering()
        recommender = answering.recommender
        manifest = recommender.manifest
        return Health(
            release=manifest.release,
            exp_group=answering.arm.name,
            created_at=manifest.created_at,
            data_until=manifest.data.until,
            feature_age_seconds=recommender.feature_age(),
            readers=manifest.data.readers,
            posts=manifest.data.posts,
        )

    if settings.shows_page:
        add_page(app, serving)
    return app


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
