"""Times of requests, read on the network's own clock."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from artifacts.errors import BrokenRelease

_UNESCAPED_PLUS = re.compile(r"(:\d\d(?:\.\d+)?) (?=\d\d:?\d\d$)")
# The last year is left out, or a time at its end would have no place in a zone further east.
_YEARS = range(1970, 9999)


def _restore_plus(text: object) -> object:
    """Put back the plus of `…T12:00:00+03:00`, a space where the URL did not escape it."""
    return _UNESCAPED_PLUS.sub(r"\1+", text) if isinstance(text, str) else text


def _checked_year(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise PydanticCustomError("year", "Input should be a time in the years 1970 to 9998")
    return moment


Moment = Annotated[datetime, BeforeValidator(_restore_plus), AfterValidator(_checked_year)]
"""A time with a zone, or without: then it is by the network's own clock."""


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
