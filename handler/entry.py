"""The app as Lambda calls it: an event of API Gateway in, its answer out, a line in the log."""

import importlib.util
import json
import logging
import random
import warnings
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from mangum import Mangum
from mangum.protocols import HTTPCycle

from handler.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from mangum.types import LambdaContext, LambdaEvent

    from handler.telemetry import Telemetry

    Entry = Callable[[LambdaEvent, LambdaContext], dict[str, Any]]

_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
"""What Mangum raises at a part of an event that is missing, of another type, or not as it must be
encoded."""

_LONGEST = 200


def lambda_entry(app: FastAPI) -> "Entry":
    """The function that Lambda calls with the events of an HTTP API or a REST API."""
    # Mangum says of each call what our own line says better.
    logging.getLogger("mangum.http").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # Mangum asks asyncio for the event loop of a thread that has none yet, and gets one.
        warnings.filterwarnings("ignore", "There is no current event loop", DeprecationWarning)
        adapter = Mangum(app, lifespan="off")
    telemetry: Telemetry = app.state.telemetry

    def entry(event: "LambdaEvent", context: "LambdaContext") -> dict[str, Any]:
        with telemetry.call(context.aws_request_id, context.function_name) as call:
            answer = _answer(app, adapter, event, context)
            call.status = answer["statusCode"]
        return answer

    return entry


def _answer(
    app: FastAPI, adapter: Mangum, event: "LambdaEvent", context: "LambdaContext"
) -> dict[str, Any]:
    """As Mangum itself answers, but for a call that it cannot read.

    Raises:
        RuntimeError: it is no call at all: the invocation fails, which whoever sent it sees.
    """
    try:
        call = adapter.infer(event, context)
        scope, body = call.scope, call.body
        scope["method"].encode()  # all else Mangum has made what it must be
    except _UNREADABLE as error:
        return _unreadable(error)
    return call(HTTPCycle(scope, body)(app))


def _unreadable(error: Exception) -> dict[str, Any]:
    detail = f"the call cannot be read: {type(error).__name__}: {error}"
    return {
        "statusCode": 400,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"detail": detail[:_LONGEST]}),
        "isBase64Encoded": False,
    }


def follow_restores(serving: Serving) -> None:
    """Bring the function up to date whenever Lambda restores it from a snapshot (SnapStart).

    A snapshot may be weeks old, and all that start from it would draw the same random numbers.
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
    """
    if importlib.util.find_spec("snapshot_restore_py") is None:
        return  # not in Lambda's own runtime
    from snapshot_restore_py import register_after_restore  # noqa: PLC0415 - see above

    register_after_restore(random.seed)
    register_after_restore(serving.refresh)
