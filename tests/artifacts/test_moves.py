"""Roll-backs, successors, and what collides with them."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts import experiment
from artifacts.channel import Arm, Channel, read_channel
from artifacts.errors import BrokenRelease, Conflict, GateFailed, NotFound
from artifacts.layout import release_key
from artifacts.moves import promote, rollback, substitute
from artifacts.publish import publish
from artifacts.stores import ObjectStore, open_store
from tests.artifacts.conftest import Tamper
from tests.artifacts.examples import FILES, NOW, draft
from tests.support.stores import Wrapped

HOUR = timedelta(hours=1)


def published(store: ObjectStore, number: int) -> list[str]:
    return [publish(store, draft(), FILES.items(), now=NOW).release for _ in range(number)]


def channel_of(store: ObjectStore) -> Channel:
    channel = read_channel(store)
    assert channel is not None
    return channel


def served(store: ObjectStore) -> list[str]:
    return [arm.release for arm in channel_of(store).arms]


def test_a_roll_back_serves_what_was_served_before(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old, now=NOW)
    promote(store, new, now=NOW + HOUR)
    channel = rollback(store, now=NOW + 2 * HOUR)
    assert channel == read_channel(store)
    assert served(store) == [old]
    assert channel.updated_at == NOW + 2 * HOUR


def test_the_next_roll_back_goes_further_back(store: ObjectStore) -> None:
    first, second, third = published(store, 3)
    for release in (first, second, third):
        promote(store, release)
    rollback(store)
    rollback(store)
    assert served(store) == [first]


def test_what_was_rolled_back_stays_in_the_history_and_is_known(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old, now=NOW)
    promote(store, new, now=NOW + HOUR)
    channel = rollback(store, now=NOW + 2 * HOUR)
    assert [(made.release, made.withdrawn_at) for made in channel.history] == [
        (old, None),
        (new, NOW + 2 * HOUR),
    ]
    assert channel.knows(new)


def test_what_was_rolled_back_can_be_promoted_again(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old)
    promote(store, new)
    rollback(store)
    promote(store, new)
    assert served(store) == [new]
    rollback(store)
    assert served(store) == [old]


def test_with_nothing_before_there_is_no_roll_back(store: ObjectStore) -> None:
    with pytest.raises(NotFound, match="nothing was ever promoted"):
        rollback(store)
    [only] = published(store, 1)
    promote(store, only)
    with pytest.raises(NotFound, match=f"remembers nothing before {only}"):
        rollback(store)
    assert served(store) == [only]


def test_a_roll_back_to_what_is_gone_is_refused(store: ObjectStore, tamper: Tamper) -> None:
    old, new = published(store, 2)
    promote(store, old)
    promote(store, new)
    tamper(release_key(old, "manifest.json"), None)
    with pytest.raises(NotFound, match=f"no release {old}"):
        rollback(store)
    assert served(store) == [new]


def test_a_roll_back_to_what_is_unreadable_is_refused(store: ObjectStore, tamper: Tamper) -> None:
    old, new = published(store, 2)
    promote(store, old)
    promote(store, new)
    tamper(release_key(old, "manifest.json"), b"{")
    with pytest.raises(BrokenRelease):
        rollback(store)
    assert served(store) == [new]


def test_a_forced_release_can_be_rolled_back_to(store: ObjectStore) -> None:
    bad = publish(store, draft(good=False), FILES.items()).release
    [good] = published(store, 1)
    promote(store, bad, force="a holiday")
    promote(store, good)
    assert rollback(store).standing[-1].forced == "a holiday"
    assert served(store) == [bad]


def test_a_roll_back_ends_the_experiment_first(store: ObjectStore) -> None:
    first, second, other = published(store, 3)
    promote(store, first)
    promote(store, second)
    experiment.start(store, "bigger", [Arm(name="new", release=other, share=0.5)])
    assert rollback(store).experiment is None
    assert served(store) == [second]
    rollback(store)
    assert served(store) == [first]


def test_every_move_raises_the_revision(store: ObjectStore) -> None:
    first, second, third = published(store, 3)
    revisions = [
        promote(store, first).revision,
        promote(store, second).revision,
        rollback(store).revision,
        substitute(store, {first: third}).revision,
        experiment.start(store, "a", [Arm(name="b", release=first, share=0.5)]).revision,
    ]
    assert revisions == [1, 2, 3, 4, 5]


def test_a_successor_takes_the_place_of_what_is_served(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old, now=NOW)
    channel = substitute(store, {old: new}, now=NOW + HOUR)
    assert channel == read_channel(store)
    assert served(store) == [new]
    assert [made.release for made in channel.history] == [old, new]


def test_successors_keep_arms_shares_and_the_experiment(store: ObjectStore) -> None:
    old, other, old_next, other_next = published(store, 4)
    promote(store, old)
    arm = Arm(name="new", release=other, share=0.25, temperature=0.5)
    before = experiment.start(store, "bigger", [arm])
    after = substitute(store, {old: old_next, other: other_next})
    assert after.experiment == before.experiment
    assert after.arms == (
        Arm(name="control", release=old_next, share=0.75),
        arm.model_copy(update={"release": other_next}),
    )
    assert [made.release for made in after.history] == [old, old_next]


def test_a_successor_of_another_arm_alone_is_no_promotion(store: ObjectStore) -> None:
    old, other, other_next = published(store, 3)
    promote(store, old)
    experiment.start(store, "bigger", [Arm(name="new", release=other, share=0.25)])
    after = substitute(store, {other: other_next})
    assert [arm.release for arm in after.arms] == [old, other_next]
    assert [made.release for made in after.history] == [old]


def test_a_successor_of_what_is_no_longer_served_is_refused(store: ObjectStore) -> None:
    old, new, late = published(store, 3)
    promote(store, old)
    promote(store, new)
    with pytest.raises(Conflict, match=f"does not serve {old} any more"):
        substitute(store, {old: late})
    assert served(store) == [new]


def test_where_nothing_is_served_there_is_nothing_to_succeed(store: ObjectStore) -> None:
    one, two = published(store, 2)
    with pytest.raises(Conflict):
        substitute(store, {one: two})
    with pytest.raises(NotFound, match="nothing was ever promoted"):
        substitute(store, {})
    assert read_channel(store) is None


def test_a_successor_needs_a_gate_that_passed(store: ObjectStore) -> None:
    [old] = published(store, 1)
    bad = publish(store, draft(good=False), FILES.items()).release
    promote(store, old)
    with pytest.raises(GateFailed):
        substitute(store, {old: bad})
    assert served(store) == [old]


class Collected(Wrapped):
    """A store where a release is collected just before the channel moves."""

    def __init__(self, store: ObjectStore, release: str) -> None:
        super().__init__(store)
        self._release = release

    def create(self, key: str, data: bytes) -> None:
        self._store.remove(release_key(self._release, "manifest.json"))
        super().create(key, data)

    def replace(self, key: str, data: bytes, version: str) -> None:
        self._store.remove(release_key(self._release, "manifest.json"))
        super().replace(key, data, version)


def test_a_release_that_is_collected_meanwhile_is_not_served(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old)
    with pytest.raises(NotFound, match=f"no release {new}"):
        promote(Collected(store, new), new)
    assert served(store) == [old]


def test_the_first_release_collected_meanwhile_is_an_error(store: ObjectStore) -> None:
    [only] = published(store, 1)
    with pytest.raises(NotFound, match=f"no release {only}"):
        promote(Collected(store, only), only)


def test_a_later_promotion_is_not_undone_for_one_that_was_collected(store: ObjectStore) -> None:
    old, new, later = published(store, 3)
    promote(store, old)

    class Overtaken(Collected):
        def read(self, key: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - as above
            if key == release_key(new, "manifest.json") and served(store) == [new]:
                promote(store, later)
            return super().read(key)

    with pytest.raises(NotFound):
        promote(Overtaken(store, new), new)
    assert served(store) == [later]


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["promote", "rollback"]), max_size=12))
def test_roll_backs_undo_promotions_like_a_stack(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    store = open_store(str(tmp_path_factory.mktemp("store")))
    releases = iter(published(store, len(steps)))
    stack: list[str] = []
    for step in steps:
        if step == "promote":
            stack.append(next(releases))
            promote(store, stack[-1])
        elif len(stack) > 1:
            stack.pop()
            rollback(store)
        else:
            with pytest.raises(NotFound):
                rollback(store)
        channel = read_channel(store)
        assert ([arm.release for arm in channel.arms] if channel else []) == stack[-1:]
