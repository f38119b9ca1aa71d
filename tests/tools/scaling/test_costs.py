"""Bills are those of the price lists."""

from dataclasses import replace
from math import inf

import pytest

from tools.scaling import costs
from tools.scaling.costs import AS_NOW, ROW, Price, Usage, per_million

STEPS = Price("a thing", "each", ((10, 1.0), (30, 0.5), (inf, 0.1)), "", "")
USAGE = Usage(rate=100, hits=0.5, cold=0.0, call_ms=4.0, megabytes=1024)


@pytest.mark.parametrize(
    ("amount", "dollars"), [(0, 0), (4, 4), (10, 10), (20, 15), (30, 20), (130, 30)]
)
def test_each_step_of_a_price_is_paid_for_what_is_within_it(amount: float, dollars: float) -> None:
    assert STEPS.bill(amount) == pytest.approx(dollars)


def test_an_example_of_lambdas_by_hand() -> None:
    # A million calls of 54 ms in 1 GB: 54,000 GB-seconds and 0.2 $ for the calls.
    usage = replace(USAGE, hits=1.0, call_ms=54.0)
    assert per_million(usage, AS_NOW)["Lambda"] == pytest.approx(0.2 + 54_000 * 0.0000166667)


def test_logs_of_sixty_terabytes_cost_what_was_announced() -> None:
    assert costs.LOGS.bill(60_000) == pytest.approx(12_500)


def test_a_million_fetches_are_a_million_gets_and_the_time_they_take() -> None:
    none, all_ = (per_million(replace(USAGE, hits=hits), AS_NOW) for hits in (1.0, 0.0))
    assert none["readers' rows"] == 0
    assert all_["readers' rows"] == pytest.approx(0.4)
    waited = AS_NOW.milliseconds * 1e3 * 0.0000166667
    assert all_["Lambda"] - none["Lambda"] == pytest.approx(waited)


def test_rows_that_no_container_keeps_are_fetched_by_each_call() -> None:
    assert per_million(USAGE, ROW)["readers' rows"] == pytest.approx(0.0625)


def test_texts_are_paid_by_the_get_and_by_the_time_they_take() -> None:
    none, some = (per_million(replace(USAGE, text_gets=gets), ROW) for gets in (0.0, 0.12))
    assert none["texts"] == 0
    assert some["texts"] == pytest.approx(0.12 * 0.4)
    waited = 0.12 * costs.TEXTS_MS * 1e3 * 0.0000166667
    assert some["Lambda"] - none["Lambda"] == pytest.approx(waited)


def test_a_start_is_billed() -> None:
    cold, warm = (per_million(replace(USAGE, cold=cold), AS_NOW)["Lambda"] for cold in (0.01, 0.0))
    assert cold - warm == pytest.approx(0.01 * 840 * 1e3 * 0.0000166667)


@pytest.mark.parametrize("price", costs.PRICES, ids=lambda price: price.what)
def test_more_never_costs_less_and_its_steps_fall(price: Price) -> None:
    ends, dollars = zip(*price.steps, strict=True)
    assert list(ends) == sorted(ends)
    assert ends[-1] == inf
    assert list(dollars) == sorted(dollars, reverse=True)
    assert price.source.startswith("https://aws.amazon.com/")
