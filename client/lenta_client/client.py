"""The calls."""

import copy
import random
import time as clock
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from lenta_client.answers import Health, Post, Recommendations, Reranking, read
from lenta_client.auth import BearerToken
from lenta_client.errors import (
    NoAnswerError,
    UnavailableError,
    UnexpectedAnswerError,
    problem,
)

LONGEST_WAIT = 60.0
"""Seconds. Who is told to wait for longer gets the error at once."""

T = TypeVar("T")


class Lenta:
    """Calls one API. Threads may share it.

    Every method raises a `LentaError` where there is no result. What answers with 429, 502, 503 or
    504 is asked again; nothing else is.

    Args:
        url: of the API, such as the stack's `Url`.
        auth: a bearer token where the API's AuthMode is JWT; where it is IAM, what signs calls,
            such as `lenta_client.aws.Signature`.
        timeout: seconds, for a connection and for each part of an answer.
        retries: how often a call is asked again at most.
        backoff: seconds before the first time, twice as many before each further one, less up to a
            half by chance. Where the answer says `Retry-After`, it is waited for so long at least.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: str | httpx2.Auth | None = None,
        timeout: float = 10.0,
        retries: int = 3,
        backoff: float = 0.5,
    ) -> None:
        self._http = httpx2.Client(base_url=url, timeout=timeout)
        self._auth = _auth(auth)
        self._retries, self._backoff = retries, backoff

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def authorized(self, auth: str | httpx2.Auth) -> Self:
        """The same connections with another token or signature; closing one closes both."""
        other = copy.copy(self)
        other._auth = _auth(auth)  # noqa: SLF001 - a Lenta's own
        return other

    def recommendations(
        self,
        user_id: int,
        *,
        time: datetime | None = None,
        limit: int | None = None,
        exclude: Iterable[int] = (),
        explain: bool = False,
    ) -> Recommendations:
        """The best posts for a reader, with scores and what answered.

        Args:
            user_id: the reader's.
            time: when the feed is shown: with a zone, or by the network's own clock; now.
            limit: how many posts at most, 1 to 100; by default the API's 5.
            exclude: ids of posts to leave out, at most 1,000.
            explain: whether each post says why it is recommended.
        """
        left_out = ",".join(map(str, exclude))
        query = _query(user_id, time, limit)
        query |= {"exclude": left_out} if left_out else {}
        query |= {"explain": "true"} if explain else {}
        return self._call(Recommendations, "GET", "/v1/recommendations", params=query)

    def rerank(
        self, user_id: int, post_ids: Iterable[int], *, time: datetime | None = None
    ) -> Reranking:
        """The given posts in the order in which the reader will most likely like them.

        Args:
            user_id: the reader's.
            post_ids: 1 to 1,000; given twice, a post is answered once.
            time: as in `recommendations`.
        """
        asked: dict[str, Any] = {"user_id": user_id, "post_ids": list(post_ids)}
        asked |= {"time": time.isoformat()} if time else {}
        return self._call(Reranking, "POST", "/v1/rerank", json=asked)

    def post_recommendations(
        self, user_id: int, *, time: datetime | None = None, limit: int | None = None
    ) -> tuple[Post, ...]:
        """The best posts for a reader: the network's own contract.

        Args:
            user_id: the reader's.
            time: as in `recommendations`.
            limit: as in `recommendations`.
        """
        query = _query(user_id, time, limit)
        return self._call(tuple[Post, ...], "GET", "/post/recommendations/", params=query)

    def healthz(self) -> Health:
        """Which release is served, and how old its features are."""
        return self._call(Health, "GET", "/healthz")

    def _call(self, kind: type[T], method: str, path: str, **asked: Any) -> T:  # noqa: ANN401 - httpx2's
        for attempt in range(self._retries + 1):
            try:
                answer = self._http.request(method, path, auth=self._auth, **asked)
            except httpx2.TransportError as error:
                said = str(error) or type(error).__name__
                raise NoAnswerError(f"no answer from {self._http.base_url}: {said}") from error
            if answer.is_success:
                return _read(kind, answer)
            failure = problem(answer)
            if not isinstance(failure, UnavailableError) or attempt == self._retries:
                break
            wait = self._backoff * 2**attempt * random.uniform(0.5, 1)  # noqa: S311 - no secret
            wait = max(wait, failure.retry_after or 0)
            if wait > LONGEST_WAIT:
                break
            clock.sleep(wait)
        raise failure


def _auth(auth: str | httpx2.Auth | None) -> httpx2.Auth | None:
    return BearerToken(auth) if isinstance(auth, str) else auth


def _query(user_id: int, time: datetime | None, limit: int | None) -> dict[str, str]:
    query = {"id": str(user_id)}
    query |= {"time": time.isoformat()} if time else {}
    query |= {"limit": str(limit)} if limit is not None else {}
    return query


def _read(kind: type[T], answer: httpx2.Response) -> T:
    try:
        return read(kind, answer.json())
    except (TypeError, ValueError) as error:
        raise UnexpectedAnswerError(f"{answer.url} answers in another form: {error}") from error
