"""LENTA_FRESH_SHARE: read as it is written, and refused where it is no share."""

import subprocess
import sys
from fractions import Fraction

import pytest

from handler.settings import Settings
from tests.handler.conftest import Small


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("0", 0),
        ("0.0", 0),
        ("0.2", Fraction(1, 5)),
        (".2", Fraction(1, 5)),
        ("0.5", Fraction(1, 2)),
    ],
)
def test_a_share_is_read_as_it_is_written(
    monkeypatch: pytest.MonkeyPatch, text: str, share: Fraction
) -> None:
    monkeypatch.setenv("LENTA_FRESH_SHARE", text)
    assert Settings.from_environment().fresh_share == share
    monkeypatch.delenv("LENTA_FRESH_SHARE")
    assert Settings.from_environment().fresh_share == 0


BAD_SHARES = ["0.51", "1", "-0.1", "20%", "0,2", "nan", "inf", "1/0", "half", ""]


@pytest.mark.parametrize("text", BAD_SHARES)
def test_a_share_out_of_range_stops_the_function_when_it_starts(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("LENTA_FRESH_SHARE", text)
    with pytest.raises(ValueError, match=r"must be a number from 0 to 0\.5") as refused:
        Settings.from_environment()
    assert str(refused.value).startswith(f"LENTA_FRESH_SHARE is {text!r}")


def test_a_share_out_of_range_is_said_in_a_sentence_on_one_s_own_machine(
    small_release: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENTA_FRESH_SHARE", "0.7")
    done = subprocess.run(
        [sys.executable, "-m", "handler", "--store", str(small_release.store)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    said = "LENTA_FRESH_SHARE is '0.7', but must be a number from 0 to 0.5"
    assert done.stderr.splitlines()[-1].endswith(said)
