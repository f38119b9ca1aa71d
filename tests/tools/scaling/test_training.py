"""Times of training go through what was measured."""

import pytest

from tools.scaling import facts
from tools.scaling.arrivals import HOUR
from tools.scaling.training import FIRST, REFRESH, RUN, features_seconds, readers_an_hour, seconds

NETWORK = facts.READERS.value
EACH = pytest.mark.parametrize("which", [FIRST, RUN, REFRESH])


@EACH
def test_the_networks_own_readers_take_as_long_as_they_did(which: int) -> None:
    assert seconds(NETWORK, which) == pytest.approx(facts.ALL[which].value)


def test_features_are_on_the_line_through_both_measured() -> None:
    few = NETWORK * facts.FEW_VIEWS.value / facts.MANY_VIEWS.value
    assert features_seconds(few) == pytest.approx(facts.FEW_SECONDS.value)
    assert features_seconds(NETWORK) == pytest.approx(
        facts.COUNTING[FIRST].value + facts.FEATURES[FIRST].value
    )


@EACH
def test_ten_times_the_readers_take_longer_but_not_ten_times_as_long(which: int) -> None:
    assert 1 < seconds(10 * NETWORK, which) / seconds(NETWORK, which) < 10


@EACH
def test_what_an_hour_is_enough_for_takes_an_hour(which: int) -> None:
    assert seconds(readers_an_hour(which), which) == pytest.approx(HOUR)
