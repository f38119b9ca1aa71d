"""Windows follow each other and end with the data."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.errors import TrainError
from train.evaluation.folds import folds_of
from train.split import split_days

FIRST = date(2021, 10, 2)


@given(st.integers(3, 400), st.integers(1, 8))
def test_windows_are_adjacent_of_like_length_and_fill_what_a_run_measures_on(
    days: int, count: int
) -> None:
    last = FIRST + timedelta(days=days - 1)
    whole = split_days(FIRST, last)
    if count > (last - whole.test_from).days + 1:
        with pytest.raises(TrainError, match=f"make no {count} folds"):
            folds_of(FIRST, last, count)
        return
    folds = folds_of(FIRST, last, count)
    assert folds[0].split.test_from == whole.test_from
    assert folds[-1].split.last == last
    for one, other in pairwise(folds):
        assert one.split.last + timedelta(days=1) == other.split.test_from
    lengths = [(fold.split.last - fold.split.test_from).days for fold in folds]
    assert max(lengths) - min(lengths) <= 1


def test_one_fold_is_what_a_run_measures_on() -> None:
    last, day = date(2021, 12, 29), date(2021, 12, 1)
    assert [fold.split for fold in folds_of(FIRST, last, 1, day)] == [split_days(FIRST, last, day)]


def test_no_fold_is_refused() -> None:
    with pytest.raises(TrainError, match="make no 0 folds"):
        folds_of(FIRST, date(2021, 12, 29), 0)
