"""Answers for calls that cannot be answered: each says in a sentence what is wrong."""

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from handler.answers import Problem
from handler.identity import ForbiddenError, UnauthorizedError
from handler.serving import RETRY_SECONDS, NothingToServeError

RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {
        "model": Problem,
        "description": "Calls are authorized, and this one is not.",
    },
    403: {"model": Problem, "description": "The token is another reader's."},
    422: {"model": Problem, "description": "The call is not well formed."},
    503: {"model": Problem, "description": "No release can answer yet; try again later."},
}
"""For the API's documentation."""

_LONGEST_VALUE = 60

_log = logging.getLogger(__name__)


def add_problem_handlers(app: FastAPI) -> None:
    """Answer what cannot be answered: each kind of failure by its status, with a sentence."""
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(400, _unparsable)
    app.add_exception_handler(UnauthorizedError, _unauthorized)
    app.add_exception_handler(ForbiddenError, _forbidden)
    app.add_exception_handler(NothingToServeError, _unavailable)
    app.add_exception_handler(Exception, _failed)


def sentence(errors: Sequence[Any]) -> str:
    """The first of pydantic's errors in words: the parameter, what is wrong with it, its value."""
    error = errors[0]
    match error["type"]:
        case "json_invalid":
            position, message = error["loc"][1], error["ctx"]["error"]
            return f"body: not JSON at character {position}: {message}"
        case "model_attributes_type":
            return "body: Input should be a JSON object, sent as application/json"
    place, *names = error["loc"]
    text = f"{'.'.join(map(str, names)) or place}: {error['msg']}"
    if error["type"] == "missing" or isinstance(error["input"], dict | list):
        return text
    value = repr(error["input"])
    return f"{text}, not {value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + '…'}"


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    return JSONResponse({"detail": sentence(error.errors())}, 422)


async def _unparsable(_: Request, __: Exception) -> JSONResponse:
    """What FastAPI answers with 400: JSON nested too deeply, numbers too long, not UTF-8."""
    return JSONResponse({"detail": "body: it cannot be read as JSON"}, 422)


async def _unauthorized(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 401, headers={"WWW-Authenticate": "Bearer"})


async def _forbidden(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 403)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    _log.error("the call cannot be answered: %s", error)
    return JSONResponse(
        {"detail": f"no release can answer now: {error}"},
        503,
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


async def _failed(_: Request, __: Exception) -> JSONResponse:
    # Starlette raises the error again once this is sent, and Mangum or uvicorn logs it.
    return JSONResponse({"detail": "the call failed by a fault of ours; the log says more"}, 500)
