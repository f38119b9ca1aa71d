"""When a release will be asked, in epoch seconds of the network's own clock."""

from datetime import UTC, datetime

from train.features.build import serving_day
from train.warehouse import Warehouse

_EVENING = 20 * 3_600
"""Seconds after midnight, when most readers come."""


def serves_from(warehouse: Warehouse) -> int:
    """The first moment of the serving day."""
    day = serving_day(warehouse)
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def first_evening(warehouse: Warehouse) -> int:
    """An evening moment of that day."""
    return serves_from(warehouse) + _EVENING
