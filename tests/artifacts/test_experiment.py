"""Shares of readers who get other releases, and which readers those are."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts import experiment
from artifacts.channel import Arm, Channel, Experiment, read_channel
from artifacts.errors import Conflict, GateFailed, InvalidExperiment, NotFound
from artifacts.moves import promote
from artifacts.publish import publish
from artifacts.stores import ObjectStore
from tests.artifacts.examples import FILES, NOW, draft
from tests.artifacts.test_moves import published

RELEASE = "20261124T040500Z-00000000"
READERS = 20_000


def channel(*shares: float, name: str = "bigger", hours: int = 0) -> Channel:
    arms = (
        Arm(name=f"arm{number}", release=RELEASE, share=share)
        for number, share in enumerate(shares)
    )
    started = Experiment(name=name, started_at=NOW + timedelta(hours=hours))
    return Channel(
        name="production", arms=tuple(arms), experiment=started, history=(), updated_at=NOW
    )


def test_without_an_experiment_everybody_gets_the_control(store: ObjectStore) -> None:
    [release] = published(store, 1)
    served = promote(store, release)
    assert {served.arm_of(reader).name for reader in range(100)} == {"control"}


def test_an_experiment_gives_a_share_of_the_readers_another_release(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old)
    arm = Arm(name="new", release=new, share=0.3)
    running = experiment.start(store, "bigger", [arm], now=NOW)
    assert running == read_channel(store)
    assert running.arms == (Arm(name="control", release=old, share=0.7), arm)
    assert running.experiment == Experiment(name="bigger", started_at=NOW)
    assert [made.release for made in running.history] == [old]


def test_three_tenths_leave_seven(store: ObjectStore) -> None:
    [release] = published(store, 1)
    promote(store, release)
    arms = [Arm(name=name, release=release, share=0.1) for name in "abc"]
    assert experiment.start(store, "tenths", arms).arms[0].share == 0.7


def test_shares_are_kept() -> None:
    split = channel(0.5, 0.3, 0.2)
    counts = Counter(split.arm_of(reader).name for reader in range(READERS))
    for arm in split.arms:
        # Five standard deviations of a binomial share.
        bound = 5 * (arm.share * (1 - arm.share) / READERS) ** 0.5
        assert counts[arm.name] / READERS == pytest.approx(arm.share, abs=bound)


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_reader_stays_in_the_arm(reader: int) -> None:
    split = channel(0.5, 0.5)
    again = Channel.from_json(split.to_json())
    assert split.arm_of(reader) == again.arm_of(reader)


@given(st.integers(0, 10**9), st.floats(0.05, 0.5), st.floats(0.5, 0.95))
def test_who_has_an_arm_keeps_it_while_it_grows(reader: int, small: float, large: float) -> None:
    if channel(1 - small, small).arm_of(reader).name == "arm1":
        assert channel(1 - large, large).arm_of(reader).name == "arm1"


@pytest.mark.parametrize("other", [channel(0.5, 0.5, name="other"), channel(0.5, 0.5, hours=1)])
def test_experiments_are_independent(other: Channel) -> None:
    first = channel(0.5, 0.5)
    both = Counter(
        (first.arm_of(reader).name, other.arm_of(reader).name) for reader in range(READERS)
    )
    for count in both.values():
        assert count / READERS == pytest.approx(0.25, abs=5 * (0.25 * 0.75 / READERS) ** 0.5)
    assert len(both) == 4


def test_an_arm_with_no_share_gets_nobody_and_the_last_place_is_somebodys() -> None:
    split = channel(0.0, 1.0, 0.0)
    assert {split.arm_of(reader).name for reader in range(1_000)} == {"arm1"}


def test_the_shares_of_a_running_experiment_can_change(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old)
    experiment.start(store, "bigger", [Arm(name="new", release=new, share=0.1)], now=NOW)
    later = NOW + timedelta(days=1)
    wider = experiment.start(store, "bigger", [Arm(name="new", release=new, share=0.5)], now=later)
    assert [arm.share for arm in wider.arms] == [0.5, 0.5]
    assert wider.experiment == Experiment(name="bigger", started_at=NOW)
    assert wider.updated_at == later


def test_one_experiment_at_a_time(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old)
    arms = [Arm(name="new", release=new, share=0.5)]
    before = experiment.start(store, "bigger", arms)
    with pytest.raises(Conflict, match="the experiment bigger is running"):
        experiment.start(store, "smaller", arms)
    assert read_channel(store) == before


def test_a_promotion_ends_the_experiment(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old)
    experiment.start(store, "bigger", [Arm(name="new", release=new, share=0.5)])
    ended = promote(store, new)
    assert ended.experiment is None
    assert [made.release for made in ended.history] == [old, new]


def test_promoting_the_control_ends_the_experiment_too(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old)
    experiment.start(store, "bigger", [Arm(name="new", release=new, share=0.5)])
    ended = promote(store, old)
    assert (ended.experiment, len(ended.arms)) == (None, 1)


@pytest.mark.parametrize(
    ("arms", "complaint"),
    [
        ([("new", 0.6), ("newer", 0.6)], "add up to more than 1"),
        ([("control", 0.5)], "no name of an arm twice"),
        ([("new", 0.1), ("new", 0.1)], "no name of an arm twice"),
        ([], "needs an arm besides 'control'"),
    ],
)
def test_arms_that_make_no_experiment_are_refused(
    store: ObjectStore, arms: list[tuple[str, float]], complaint: str
) -> None:
    [release] = published(store, 1)
    before = promote(store, release)
    made = [Arm(name=name, release=release, share=share) for name, share in arms]
    with pytest.raises(InvalidExperiment, match=complaint):
        experiment.start(store, "wrong", made)
    assert read_channel(store) == before


def test_an_experiment_needs_a_control(store: ObjectStore) -> None:
    [release] = published(store, 1)
    with pytest.raises(NotFound, match="serves nothing yet"):
        experiment.start(store, "bigger", [Arm(name="new", release=release, share=0.5)])
    assert read_channel(store) is None


def test_an_arm_whose_gate_failed_needs_a_reason_which_the_experiment_keeps(
    store: ObjectStore,
) -> None:
    [good] = published(store, 1)
    bad = publish(store, draft(good=False), FILES.items()).release
    promote(store, good)
    arms = [Arm(name="new", release=bad, share=0.5)]
    with pytest.raises(GateFailed):
        experiment.start(store, "bigger", arms)
    running = experiment.start(store, "bigger", arms, force="to find out")
    assert running.experiment
    assert running.experiment.forced == "to find out"
