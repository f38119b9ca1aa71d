"""Which likes are an exposure's, and which exposures are compared."""

from pathlib import Path

import pytest

from tests.train.exposures import DAY, HOUR, NOON, exposure, result
from train.errors import SourceError
from train.experiment.result import Rates, Result

POSTS = list(range(1, 11))


def of(found: Result, arm: str) -> Rates:
    (row,) = (row for row in found.arms if row.arm == arm)
    return row


def both(*more: dict[str, object]) -> list[dict[str, object]]:
    """A feed for each of two readers of either arm, and more."""
    return [exposure(reader, NOON, POSTS) for reader in (1, 2, 3, 4)] + list(more)


def test_likes_after_a_feed_are_counted_by_arm(tmp_path: Path) -> None:
    found = result(tmp_path, both(), [(1, 3, NOON + 60), (1, 9, NOON + HOUR), (2, 6, NOON + 5)])
    treatment, control = of(found, "treatment"), of(found, "control")
    assert (treatment.readers, treatment.exposures, treatment.shown) == (2, 2, 20)
    assert (treatment.likes, control.likes) == (2, 1)
    assert treatment.like_rate.value == pytest.approx(0.1)
    assert treatment.hit_rate.value == 0.5
    assert control.hit_rate.value == 0, "the sixth place is not among the first five"


@pytest.mark.parametrize(
    ("moment", "counted"),
    [(NOON - 60, 0), (NOON, 1), (NOON + DAY - 1, 1), (NOON + DAY, 0)],
    ids=["before", "at once", "at the window's end", "after it"],
)
def test_a_like_counts_within_the_window_only(tmp_path: Path, moment: int, counted: int) -> None:
    found = result(tmp_path, both(), [(1, 3, moment)])
    # The like a second after its view is in the window too where the view is before it.
    assert of(found, "treatment").likes == counted


def test_the_window_is_as_long_as_one_says(tmp_path: Path) -> None:
    found = result(tmp_path, both(), [(1, 3, NOON + 3 * HOUR)], window_hours=2)
    assert of(found, "treatment").likes == 0


def test_a_like_of_a_post_that_was_shown_often_counts_once_for_the_last_feed_before_it(
    tmp_path: Path,
) -> None:
    again = [exposure(1, NOON + 60 * minute, [3, *range(20, 29)]) for minute in (1, 2, 10)]
    found = result(tmp_path, both(*again), [(1, 3, NOON + 180), (1, 3, NOON + 3_000)])
    treatment = of(found, "treatment")
    assert (treatment.exposures, treatment.shown, treatment.likes) == (5, 50, 1)
    assert treatment.hit_rate.value == pytest.approx(1 / 5)


def test_a_like_of_what_was_not_shown_counts_for_nothing(tmp_path: Path) -> None:
    found = result(tmp_path, both(), [(1, 50, NOON + 60), (7, 3, NOON + 60)])
    assert of(found, "treatment").likes == 0


def test_posts_to_rerank_are_no_feed(tmp_path: Path) -> None:
    reranked = exposure(1, NOON + 60, [50, 51], call="/v1/rerank")
    found = result(tmp_path, both(reranked), [(1, 50, NOON + 120)])
    assert (of(found, "treatment").exposures, of(found, "treatment").likes) == (2, 0)


def test_a_record_that_was_delivered_twice_counts_once(tmp_path: Path) -> None:
    found = result(tmp_path, both() + both())
    assert found.exposures["delivered twice"] == 4
    assert of(found, "control").exposures == 2


def test_readers_seen_in_two_arms_are_counted_and_left_out(tmp_path: Path) -> None:
    crossed = exposure(1, NOON + 60, POSTS, arm="control")
    found = result(tmp_path, both(crossed))
    assert found.crossed == 1
    assert found.exposures["of readers in two arms"] == 2
    assert (of(found, "treatment").readers, of(found, "control").readers) == (1, 2)
    assert not found.trusted
    assert "seen in two arms" in found.verdict[0]


def test_feeds_whose_window_the_tables_do_not_cover_yet_are_left_out(tmp_path: Path) -> None:
    late = exposure(1, NOON + 9 * DAY + HOUR, POSTS)
    found = result(tmp_path, both(late), [(1, 3, NOON + 9 * DAY + 2 * HOUR)])
    assert found.exposures["window not over"] == 1
    assert of(found, "treatment").likes == 0


def test_what_came_before_the_last_change_of_shares_is_not_compared(tmp_path: Path) -> None:
    few = [
        exposure(reader, NOON + reader, POSTS, share=0.9 if reader % 2 == 0 else 0.1)
        for reader in (5, 6, 8, 10)
    ]
    later = [exposure(reader, NOON + HOUR + reader, POSTS) for reader in (1, 2, 3, 4)]
    moved = exposure(6, NOON + HOUR + 6, POSTS, arm="treatment")  # the share has come over him
    found = result(tmp_path, [*few, *later, moved])
    assert found.exposures["before the last change of shares"] == 4
    assert found.crossed == 0
    assert (of(found, "treatment").readers, of(found, "control").readers) == (3, 2)
    assert found.settled is not None
    ratio = found.sample_ratio
    assert ratio is not None
    assert dict(zip(ratio.arms, ratio.readers, strict=True)) == {"control": 5, "treatment": 3}
    assert ratio.expected == pytest.approx((0.9 * 4 + 0.5 * 4, 0.1 * 4 + 0.5 * 4))


def test_an_arm_of_which_the_log_knows_nothing_is_not_overlooked(tmp_path: Path) -> None:
    records = [exposure(reader, NOON, POSTS) for reader in range(2, 100, 2)]
    found = result(tmp_path, records)
    assert not found.trusted
    assert "never seen 0 instead of 24" in found.verdict[0]


def test_what_answered_has_rates_of_its_own(tmp_path: Path) -> None:
    fallen = exposure(2, NOON + 60, POSTS, source="fallback")
    found = result(tmp_path, both(fallen), [(2, 3, NOON + 90)])
    rates = {(row.arm, row.source): row.like_rate.value for row in found.sources}
    assert rates == {
        ("control", "fallback"): pytest.approx(0.1),
        ("control", "model"): 0,
        ("treatment", "model"): 0,
    }


def test_without_an_experiment_the_rates_of_what_is_served_are_told(tmp_path: Path) -> None:
    records = [exposure(r, NOON, POSTS, experiment=None, arm="control", share=1) for r in (1, 2)]
    found = result(tmp_path, records, [(1, 3, NOON + 60)])
    assert of(found, "control").like_rate.value == pytest.approx(0.05)
    assert found.verdict == ("nothing to compare: the log has one arm",)
    assert found.trusted


def test_of_several_experiments_one_must_be_named(tmp_path: Path) -> None:
    records = both(exposure(5, NOON, POSTS, experiment="other"))
    with pytest.raises(SourceError, match="The log has bigger-model, other: say --experiment"):
        result(tmp_path, records)
    assert result(tmp_path, records, experiment="other").arms[0].readers == 1
    with pytest.raises(SourceError, match="no experiment third; it has bigger-model, other"):
        result(tmp_path, records, experiment="third")


def test_a_log_of_other_readers_is_refused(tmp_path: Path) -> None:
    stranger = exposure(1, NOON, POSTS, reader="0123456789abcdef")
    with pytest.raises(SourceError, match="READER_HASH_KEY is not the function's"):
        result(tmp_path, [stranger])


def test_feeds_that_are_all_too_late_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nothing can be compared"):
        result(tmp_path, [exposure(1, NOON + 30 * DAY, POSTS)])


def test_what_readers_liked_before_their_first_feed_is_their_history(tmp_path: Path) -> None:
    records = [exposure(reader, NOON, POSTS) for reader in range(1, 100)]
    # Reader by reader as many likes now as of the ten views then.
    likes = [(reader, 1 + i, NOON + 60) for reader in range(1, 100) for i in range(reader % 7 - 1)]
    found = result(tmp_path, records, likes)
    assert found.with_history == 1
    assert found.comparisons[0].reduction > 0.9
    assert found.comparisons[0].adjusted.gain.high < found.comparisons[0].plain.gain.high
