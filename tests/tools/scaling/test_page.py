"""`docs/scaling.md` shows what the program prints, and starts from what was measured."""

import subprocess
import sys

import pytest

from tests.support.documents import PROJECT
from tools.scaling import facts
from tools.scaling.facts import Fact
from tools.scaling.study import cold_starts
from tools.scaling.table import written

PAGE = PROJECT / facts.SCALING
NAMED: dict[str, Fact] = {
    f"{name}{place or ''}": fact
    for name, found in vars(facts).items()
    for place, fact in enumerate(found if isinstance(found, tuple) else (found,))
    if isinstance(fact, Fact)
}
OF_THE_PROJECT = [name for name, fact in NAMED.items() if (PROJECT / fact.source).is_file()]


@pytest.mark.slow
def test_its_tables_are_those_that_the_program_prints() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.scaling"],
        cwd=PROJECT, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    page = PAGE.read_text(encoding="utf-8")
    tables = [part for part in done.stdout.split("\n\n") if part.startswith("|")]
    assert len(tables) > 10
    assert [table for table in tables if table.strip() not in page] == []


@pytest.mark.slow
def test_the_same_seed_gives_the_same_table() -> None:
    assert cold_starts() == cold_starts()


@pytest.mark.parametrize("name", OF_THE_PROJECT)
def test_a_number_is_what_its_source_says(name: str) -> None:
    fact = NAMED[name]
    assert fact.said
    assert fact.said in (PROJECT / fact.source).read_text(encoding="utf-8")


def test_every_number_is_measured_listed_or_called_an_assumption() -> None:
    for name, fact in NAMED.items():
        from_outside = fact.source.startswith("https://docs.aws.amazon.com/") and fact.said
        assumed = not fact.said and fact.source
        assert name in OF_THE_PROJECT or from_outside or assumed, name


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.00032, "0.00032"),
        (3.0, "3"),
        (12.349, "12.3"),
        (999.7, "1,000"),
        (45_678, "45,700"),
    ],
)
def test_numbers_have_three_digits_that_count(number: float, text: str) -> None:
    assert written(number) == text
