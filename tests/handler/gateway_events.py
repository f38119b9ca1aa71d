"""Events drawn at random: what a gateway may send, and what none would."""

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from tests.handler.events import Event, http_event, rest_event

if TYPE_CHECKING:
    from collections.abc import Callable

HUGE = ["9" * 5_000, "-" + "9" * 400, "1" + "0" * 400, "1e400", "0x10", "٣", "²", "1_0", "+7"]
TIMES = ["2021-10-12", "2021-10-12T12:00+03:00", "9999-12-31T23:59:60Z", "1e400", "nan", "-0"]
BIDI = "\u202e\u0000\u200f\ufeff"
CALLS = ["/", "/healthz", "/docs", "/openapi.json", "/post/recommendations/", "/v1/rerank"]

# With lone surrogates, which JSON can spell and UTF-8 cannot.
texts = st.text(st.characters(exclude_categories=()), max_size=40) | st.just(BIDI)
paths = st.sampled_from(
    [*CALLS, "/v1/recommendations", "/page/feeds", "/post/recommendations", "", "//", "/%zz"]
)
values = st.sampled_from(["7", "1", "", *HUGE, *TIMES]) | st.integers().map(str) | texts
of_the_page = ["arm", "nobody", "newcomer"]
names = st.sampled_from(["id", "time", "limit", "exclude", "explain", *of_the_page]) | texts
methods = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT", "get", "TRACE", ""]) | texts

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
reranks = st.fixed_dictionaries(
    {
        "user_id": st.integers() | json_values,
        "post_ids": st.lists(st.integers() | json_values, max_size=30) | json_values,
    },
    optional={"time": values | json_values},
).map(json.dumps)
bodies = (
    reranks
    | json_values.map(json.dumps)
    | texts
    | st.sampled_from(["[" * 100_000, '{"user_id":' * 5_000, '{"a":"' + "x" * 2**20])
)
header_names = st.sampled_from(
    ["Content-Type", "CONTENT-TYPE", "cookie", "Accept", "X-Forwarded-Proto", "Origin", "Expect"]
)
header_values = st.sampled_from(["application/json", "text/plain; charset=x", "*/*", "https", BIDI])
headers = st.dictionaries(header_names, header_values | st.text(max_size=30), max_size=4)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Escaped, or hardly: a parameter may come again, and without a value."""
    pairs = draw(st.lists(st.tuples(names, values), max_size=4))
    if draw(st.booleans()):
        pairs.append(("id", "7"))
    escaped = urlencode(pairs, errors="replace")
    return escaped + draw(st.sampled_from(["", "", "&", "&&id", "&=", "&id=%", "&id=%ff", "&;?#"]))


@st.composite
def calls(draw: st.DrawFn) -> Event:
    """What a gateway may send, of a REST API or an HTTP API."""
    make: Callable[..., Event] = draw(st.sampled_from([rest_event, http_event]))
    body = draw(st.none() | bodies.map(_encodable) | st.binary(max_size=99))
    encoded = isinstance(body, bytes) or (body is not None and draw(st.booleans()))
    if body is not None and encoded:
        data = body if isinstance(body, bytes) else body.encode()
        body = base64.b64encode(data).decode()
    path = draw(paths | texts.map(lambda text: "/" + quote(text, errors="replace")))
    event = make(path, draw(queries()), body, isBase64Encoded=encoded)
    sent = draw(headers)
    event["headers"] |= {name.lower(): v for name, v in sent.items()} if _is_http(event) else sent
    method = draw(methods.map(_encodable))
    if _is_http(event):
        event["requestContext"]["http"]["method"] = method
        event["cookies"] = draw(st.lists(st.text(max_size=20), max_size=3))
    else:
        event["httpMethod"] = method
        event["multiValueHeaders"] |= {name: [value, value] for name, value in sent.items()}
        if draw(st.booleans()):
            event["headers"] = event["multiValueHeaders"] = None  # as the console's test sends it
    return event


@st.composite
def broken(draw: st.DrawFn) -> Event:
    """What no gateway sends: a call with a part or two missing, or something else in its place."""
    event = draw(calls())
    for _ in range(draw(st.integers(1, 2))):
        part: dict[str, Any] = event
        key = draw(st.sampled_from(sorted(part)))
        while isinstance(part[key], dict) and part[key] and draw(st.booleans()):
            part = part[key]
            key = draw(st.sampled_from(sorted(part)))
        if draw(st.booleans()):
            del part[key]
        else:
            part[key] = draw(json_values | texts | st.just("no base64"))
    return event


def _is_http(event: Event) -> bool:
    return "version" in event


def _encodable(text: str) -> str:
    return text.encode(errors="replace").decode()
