"""Rolling windows of time: learn on all days before, measure on the days of the window."""

from dataclasses import dataclass
from datetime import date, timedelta

from train.errors import TrainError
from train.split import Split, split_days


@dataclass(frozen=True)
class Fold:
    """One window.

    Attributes:
        split: the days before it, and the first and the last day of the window.
        number: from 0.
    """

    split: Split
    number: int


def folds_of(first: date, last: date, count: int, test_from: date | None = None) -> list[Fold]:
    """Adjacent windows of nearly equal length that fill the days which a run measures on.

    Args:
        first: the first day whose impressions are learned from.
        last: the last day of the feed, and of the last window.
        count: of windows.
        test_from: the first day of the first window; by default that of a run.

    Raises:
        TrainError: there are fewer days than windows, or none to learn from.
    """
    whole = split_days(first, last, test_from)
    days = (last - whole.test_from).days + 1
    if not 1 <= count <= days:
        raise TrainError(f"{days} days from {whole.test_from} on make no {count} folds")
    starts = [whole.test_from + timedelta(days=days * i // count) for i in range(count)]
    ends = [*(start - timedelta(days=1) for start in starts[1:]), last]
    return [
        Fold(split_days(first, end, start), number)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
