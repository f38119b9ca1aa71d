"""Times of requests, read on the network's own clock."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_UNESCAPED_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


def restore_plus(text: object) -> object:
    """Put back the plus of `…T12:00:00+03:00`, a space where the URL did not escape it."""
    return _UNESCAPED_PLUS.sub("+", text) if isinstance(text, str) and "T" in text else text


def network_seconds(moment: datetime | None, timezone: str) -> int:
    """Epoch seconds of the network's own clock, which is what the graph is asked with.

    Args:
        moment: with a zone, it is turned to the network's; without, it is the network's already;
            None is now.
        timezone: the network's clock, an IANA name.
    """
    if moment is None:
        moment = datetime.now(UTC)
    if moment.tzinfo is not None:
        # UTC needs no table of time zones, which the function's system may not have.
        zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
        moment = moment.astimezone(zone).replace(tzinfo=None)
    return int(moment.replace(tzinfo=UTC).timestamp())
