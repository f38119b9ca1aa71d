"""Times of requests, read on the network's own clock."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from artifacts.errors import BrokenRelease

_UNESCAPED_PLUS = re.compile(r"(:\d\d(?:\.\d+)?) (?=\d\d:?\d\d$)")
# The last year is left out, or a time at its end would have no place in a zone further east.
_YEARS = range(1970, 9999)
_YEAR = "(19[7-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])"
_DAY = f"{_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME_OF_DAY = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_END_IN_MILLISECONDS = 253_370_764_800_000


def _prepared(given: object) -> object:
    """Put back the plus of `…T12:00:00+03:00`, a space where the URL did not escape it."""
    if isinstance(given, str):
        # No way to write a time has an E, but pydantic reads powers of ten.
        if given.startswith("-") or "e" in given.lower():
            raise _no_year()
        return _UNESCAPED_PLUS.sub(r"\1+", given)
    if isinstance(given, float) and given < 0:  # what is near zero would be rounded to 1970
        raise _no_year()
    return given


def _checked_year(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise _no_year()
    return moment


def _no_year() -> PydanticCustomError:
    return PydanticCustomError("year", "Input should be a time in the years 1970 to 9998")


Moment = Annotated[datetime, BeforeValidator(_prepared), AfterValidator(_checked_year)]
"""A time with a zone, or without: then it is by the network's own clock."""

LOCAL = "date-time-local"
"""The format of a time without a zone: https://spec.openapis.org/registry/format/date-time-local"""

_TEXTS: list[dict[str, Any]] = [
    {"type": "string", "format": "date-time", "pattern": f"^{_YEAR}-"},
    {"type": "string", "format": LOCAL, "pattern": f"^{_DAY}[T ]{_TIME_OF_DAY}$"},
    {"type": "string", "format": "date", "pattern": f"^{_YEAR}-"},
    {"type": "string", "pattern": r"^[0-9]{1,14}(\.[0-9]+)?$"},
]
_NUMBER = {"type": "number", "minimum": 0, "exclusiveMaximum": _END_IN_MILLISECONDS}

TextMoment = Annotated[Moment | None, WithJsonSchema({"anyOf": _TEXTS})]
"""A time in a query, or none; described as it may be written, which is not only RFC 3339."""

JsonMoment = Annotated[
    Moment | None, WithJsonSchema({"anyOf": [*_TEXTS, _NUMBER, {"type": "null"}]})
]
"""The same in JSON, which has numbers and null."""


def zone_named(name: str) -> tzinfo:
    """The time zone of an IANA name.

    Raises:
        BrokenRelease: there is none of that name, or this system has no table of time zones.
    """
    if name == "UTC":  # needs no table, which the function's system may not have
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # KeyError: not found; else: not a name
        raise BrokenRelease(f"the network's clock cannot be read: {error}") from error


def network_seconds(moment: datetime | None, zone: tzinfo) -> int:
    """Epoch seconds of the network's own clock, which is what the graph is asked with.

    Args:
        moment: with a zone, it is turned to the network's; without, it is the network's already;
            None is now.
        zone: the network's.
    """
    if moment is None:
        moment = datetime.now(UTC)
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone).replace(tzinfo=None)
    return int(moment.replace(tzinfo=UTC).timestamp())
