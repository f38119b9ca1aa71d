"""Why a call has no result, each in a sentence."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

RETRIED = frozenset({429, 502, 503, 504})
"""Statuses of what may pass: too many calls, and nothing that answers behind the gateway."""
_LONGEST_TEXT = 200


class LentaError(Exception):
    """A call that has no result."""


class NoAnswerError(LentaError):
    """Nobody answers at the address, or not in time."""


class UnexpectedAnswerError(LentaError):
    """What answers there is not the API, or one whose answers are of another form."""


class ProblemError(LentaError):
    """The API has answered that it cannot.

    Attributes:
        status: of HTTP.
        detail: what is wrong, as the API says it.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


class UnauthorizedError(ProblemError):
    """401: calls are authorized, and this one has no valid token or signature."""


class ForbiddenError(ProblemError):
    """403: the token is another reader's, or the credentials may not call."""


class InvalidCallError(ProblemError):
    """422: the first argument that is wrong is named."""


class UnavailableError(ProblemError):
    """429, 502, 503 or 504, and still so after the retries.

    Attributes:
        retry_after: seconds, if the API has said when to try again.
    """

    def __init__(self, status: int, detail: str, retry_after: float | None) -> None:
        super().__init__(status, detail)
        self.retry_after = retry_after


_KINDS = {401: UnauthorizedError, 403: ForbiddenError, 422: InvalidCallError}


def problem(answer: httpx2.Response) -> ProblemError:
    """What an answer that is no success says."""
    status, detail = answer.status_code, _detail(answer)
    if status in RETRIED:
        return UnavailableError(status, detail, _seconds(answer.headers.get("Retry-After", "")))
    return _KINDS.get(status, ProblemError)(status, detail)


def _detail(answer: httpx2.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if isinstance(said, dict):
        # API Gateway calls it message.
        for name in ("detail", "message", "Message"):
            if isinstance(said.get(name), str):
                return str(said[name])
    return answer.text.strip()[:_LONGEST_TEXT] or answer.reason_phrase


def _seconds(text: str) -> float | None:
    """Of a Retry-After, which is a number of seconds or a date."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else None
