"""Answers for calls that cannot be answered: each says in a sentence what is wrong."""

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from artifacts.errors import ArtifactError
from handler.answers import Problem
from handler.serving import RETRY_SECONDS, NothingToServeError

RESPONSES: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "The call is not well formed."},
    503: {"model": Problem, "description": "No release can answer now; try again later."},
}
"""For the API's documentation."""

_WHERE = {"query", "body", "path", "header"}
_LONGEST_VALUE = 60

_log = logging.getLogger(__name__)


def add_problem_handlers(app: FastAPI) -> None:
    """Answer malformed calls with 422 and failures of the store with 503."""
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(NothingToServeError, _unavailable)
    app.add_exception_handler(ArtifactError, _unavailable)


def sentence(errors: Sequence[Any]) -> str:
    """The first of pydantic's errors in words: the parameter, what is wrong with it, its value."""
    error = errors[0]
    name = ".".join(str(part) for part in error["loc"] if part not in _WHERE)
    text = f"{name}: {error['msg']}" if name else str(error["msg"])
    if error["type"] == "missing" or isinstance(error["input"], dict | list):
        return text
    value = repr(error["input"])
    return f"{text}, not {value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + '…'}"


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    return JSONResponse({"detail": sentence(error.errors())}, 422)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    _log.error("the call cannot be answered: %s", error)
    return JSONResponse(
        {"detail": f"no release can answer now: {error}"},
        503,
        headers={"Retry-After": str(RETRY_SECONDS)},
    )
