"""Calls the app in process, over ASGI."""

import asyncio
from types import TracebackType
from typing import Any, Self

import httpx
from fastapi import FastAPI


class Client:
    """A client of one app; what the app raises, the call raises.

    Starlette's own client wants another library than httpx.
    """

    def __init__(self, app: FastAPI, *, raise_faults: bool = True) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=raise_faults)
        # Not asyncio.run, which would take away the loop that Mangum has set.
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.close()

    def get(self, url: str, **query: object) -> httpx.Response:
        """GET; `query` is added to the URL's own, escaped."""
        return self.request("GET", url, params=query or None)

    def post(self, url: str, body: object) -> httpx.Response:
        """POST of JSON."""
        return self.request("POST", url, json=body)

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Any call, with httpx's own options."""

        async def call() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://lenta", trust_env=False
            ) as client:
                return await client.request(method, url, **options)

        return self._loop.run_until_complete(call())
