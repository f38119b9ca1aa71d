"""What the parts of a split are called, and in which order they stand."""

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from train.features.schema import AGE_LIMITS

NOT_KNOWN = "not known"

PLACE_STEP = 5
"""Posts of a session that are taken together."""
LAST_PLACE = 7
"""Index of the last such group, which has the rest of the session."""

_ORDERED = {"age", "gender", "exp_group", "place", "hour", "weekday", "week"}
_AGES = (
    f"under {AGE_LIMITS[0]}",
    *(f"{since}-{limit - 1}" for since, limit in pairwise(AGE_LIMITS)),
    f"{AGE_LIMITS[-1]} and more",
)


def label(kind: str, part: str | None, first_day: date | None) -> str:
    """What a part is called.

    Args:
        kind: what the views are split by.
        part: what the warehouse calls it; None where it is not known.
        first_day: of the feed, from which weeks are counted.
    """
    if part is None:
        return NOT_KNOWN
    match kind:
        case "age":
            named = _AGES[int(part)]
        case "hour":
            named = f"{int(part):02d}:00"
        case "weekday":
            named = calendar.day_name[int(part) - 1]
        case "place":
            named = _places(int(part))
        case "week" if first_day:
            named = str(first_day + timedelta(weeks=int(part)))
        case _:
            named = part
    return named


def in_order(kind: str, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows that begin with the part: numbers and days ascending, names as they come.

    What is not known stands last.
    """
    if kind in _ORDERED:
        return sorted(rows, key=lambda row: (row[0] is None, int(row[0] or 0)))
    if kind == "day":
        return sorted(rows)
    return sorted(rows, key=lambda row: row[0] is None)


def _places(group: int) -> str:
    first = group * PLACE_STEP + 1
    return f"{first} and more" if group == LAST_PLACE else f"{first}-{first + PLACE_STEP - 1}"
