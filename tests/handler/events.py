"""Events as API Gateway sends them, and the function they are sent to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

from handler.api import create_app
from handler.entry import lambda_entry
from handler.settings import Settings

if TYPE_CHECKING:
    from mangum.types import LambdaContext

Answer = dict[str, Any]
Event = dict[str, Any]
Send = Callable[[Event], Answer]


@dataclass(frozen=True)
class Context:
    """What Lambda hands over besides the event."""

    aws_request_id: str = "8f5d1c1e-7a0b-4c55-a8a5-3f9c2c6f7d10"
    function_name: str = "lenta-Function"


def function(settings: Settings) -> Send:
    """The function with these settings."""
    entry = lambda_entry(create_app(settings))
    return lambda event: entry(event, cast("LambdaContext", Context()))


def rest_event(path: str, query: str = "", body: str | None = None, **changed: object) -> Event:
    """Of a REST API: the query is parsed and unescaped, and null where there is none."""
    many = parse_qs(query, keep_blank_values=True) or None
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": "GET" if body is None else "POST",
        "headers": {"Host": "api.example", "Content-Type": "application/json"},
        "multiValueHeaders": {"Host": ["api.example"], "Content-Type": ["application/json"]},
        "queryStringParameters": many and {name: values[-1] for name, values in many.items()},
        "multiValueQueryStringParameters": many,
        "requestContext": {"identity": {"sourceIp": "192.0.2.1"}, "stage": "Prod"},
        "body": body,
        "isBase64Encoded": False,
        **changed,
    }


def http_event(path: str, query: str = "", body: str | None = None, **changed: object) -> Event:
    """Of an HTTP API: the query is kept as it came, and joined by commas besides."""
    event: Event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "api.example", "content-type": "application/json"},
        "requestContext": {
            "http": {
                "method": "GET" if body is None else "POST",
                "path": path,
                "sourceIp": "192.0.2.1",
            },
            "stage": "$default",
        },
        "isBase64Encoded": False,
        **changed,
    }
    if query:
        parsed = parse_qs(query, keep_blank_values=True)
        event["queryStringParameters"] = {name: ",".join(values) for name, values in parsed.items()}
    if body is not None:
        event["body"] = body
    return event
