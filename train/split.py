"""Past and future: days to learn from, days to stop the fit by, days to measure on."""

from dataclasses import dataclass
from datetime import date, timedelta

from train.errors import TrainError

_TEST_SHARE = 3
_HELD_OUT_SHARE = 5


@dataclass(frozen=True)
class Split:
    """Days in order: learned from, held out to stop the fit by, measured on.

    Attributes:
        held_out_from: the first day that stops the fit.
        test_from: the first day that is measured on.
        last: the last day.
    """

    held_out_from: date
    test_from: date
    last: date


def split_days(first: date, last: date, test_from: date | None = None) -> Split:
    """Split the days from `first` to `last`, both inclusive.

    Args:
        first: the first day whose impressions are learned from.
        last: the last day of the feed.
        test_from: the first day to measure on; by default the last third of the days is.

    Raises:
        TrainError: `test_from` leaves no day to learn from, to stop by, or to measure on.
    """
    if test_from is None:
        test_from = last - timedelta(days=max(1, ((last - first).days + 1) // _TEST_SHARE) - 1)
    if not first + timedelta(days=2) <= test_from <= last:
        raise TrainError(
            f"measuring from {test_from} is not possible: the impressions to learn from begin on "
            f"{first} and end on {last}, and two days must come before"
        )
    before = (test_from - first).days
    held_out = max(1, before // _HELD_OUT_SHARE)
    return Split(test_from - timedelta(days=held_out), test_from, last)
