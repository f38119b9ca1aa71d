"""The feed page at `/`: what a reader is recommended, beside the random posts that it replaces.

Nothing of it is read or imported before somebody opens it: no other call's start waits for it.
"""

from fastapi import FastAPI, Request, Response

from handler.serving import Serving

FEEDS = "/page/feeds"
"""What the page asks; no part of the API, it goes with the page."""


def add_page(app: FastAPI, serving: Serving) -> None:
    """Add the page and what it asks to the app."""

    async def page(request: Request) -> Response:
        from handler.page import document  # noqa: PLC0415 - see above

        html = document.in_language(request.headers.get("accept-language", ""))
        headers = {**document.HEADERS, "Vary": "Accept-Language"}
        return Response(html, media_type="text/html", headers=headers)

    async def feeds(request: Request) -> Response:
        from handler.page import document, feeds  # noqa: PLC0415 - see above

        body = await feeds.answer(serving, request.query_params)
        headers = {**document.HEADERS, "Cache-Control": "no-store"}
        return Response(body, media_type="application/json", headers=headers)

    # Starlette's own routes: FastAPI would look through parameters at every start.
    app.add_route("/", page, include_in_schema=False)
    app.add_route(FEEDS, feeds, include_in_schema=False)
