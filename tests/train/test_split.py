"""The past is learned from, the future is measured on."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.errors import TrainError
from train.split import split_days

FIRST = date(2021, 10, 2)


@given(st.integers(3, 400))
def test_days_to_learn_from_stop_by_and_measure_on_follow_each_other(days: int) -> None:
    last = FIRST + timedelta(days=days - 1)
    split = split_days(FIRST, last)
    assert FIRST < split.held_out_from < split.test_from <= split.last == last
    assert (last - split.test_from).days + 1 == days // 3


def test_the_first_day_to_measure_on_can_be_given() -> None:
    split = split_days(FIRST, date(2021, 12, 29), date(2021, 12, 1))
    assert split.test_from == date(2021, 12, 1)
    assert split.held_out_from == date(2021, 11, 19)


@pytest.mark.parametrize("day", [FIRST, date(2021, 10, 3), date(2021, 12, 30)])
def test_a_day_that_leaves_nothing_to_learn_from_or_to_measure_on_is_refused(day: date) -> None:
    with pytest.raises(TrainError, match=f"measuring from {day}"):
        split_days(FIRST, date(2021, 12, 29), day)
