"""Posts take what was measured of them."""

from math import ceil

import pytest

from tools.scaling import facts
from tools.scaling.growth import (
    POSTS,
    one_release,
    start_seconds,
    text_files,
    text_gets,
    two_releases,
)

MILLION = 1_000_000


def test_the_networks_posts_take_what_its_function_took() -> None:
    assert one_release(POSTS[0]) == facts.USED_MB.value
    assert start_seconds(0) == pytest.approx(facts.START_MS.value / 1e3)


def test_a_release_beside_another_takes_what_is_kept_of_one_and_the_peak_of_the_other() -> None:
    kept = two_releases(MILLION) - one_release(MILLION)
    assert kept == pytest.approx(MILLION * facts.POST_BYTES.value / 1e6, rel=0.01)


def test_the_function_that_was_measured_with_narrower_vectors_took_less() -> None:
    assert facts.MILLION_MB.value < one_release(MILLION)
    assert facts.MILLION_TWICE_MB.value < two_releases(MILLION)


def test_small_catalogues_have_no_files_of_texts_and_fetch_none() -> None:
    most = int(facts.TEXTS_INSIDE.value / facts.POST_TEXT_BYTES.value)
    assert (text_files(most), text_gets(most)) == (0, 0)
    assert text_gets(most + 1) == facts.TEXT_GETS.value
    size = MILLION * facts.POST_TEXT_BYTES.value
    assert text_files(MILLION) == ceil(size / facts.TEXTS_A_FILE.value)
