"""Who calls: a bearer token."""

from collections.abc import Generator

import httpx2


class BearerToken(httpx2.Auth):
    """Sends the token with every call, where the API's AuthMode is JWT."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = self._header
        yield request
