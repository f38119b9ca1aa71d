"""Training that is killed at random moments; `make bench` does it fifty times."""

from pathlib import Path

import pytest

from tools.bench.kills import rounds

pytestmark = pytest.mark.slow

ROUNDS = 4


def test_a_training_run_that_is_killed_breaks_nothing(tmp_path: Path) -> None:
    found = list(rounds(tmp_path, ROUNDS))
    assert len(found) == ROUNDS
    assert any(one.in_time for one in found)
    assert [one.problems for one in found] == [()] * ROUNDS
