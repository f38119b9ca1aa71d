import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from artifacts.channel import (
    HISTORY,
    Arm,
    Channel,
    Experiment,
    Promotion,
    list_channels,
    read_channel,
)
from artifacts.errors import (
    BrokenRelease,
    Conflict,
    GateFailed,
    InvalidAddress,
    NotExact,
    NotFound,
)
from artifacts.moves import promote
from artifacts.publish import publish
from artifacts.release import open_release
from artifacts.stores import ObjectStore, open_store
from tests.artifacts.conftest import Tamper
from tests.artifacts.examples import FILES, NOW, draft, fields_of
from tests.support.stores import Wrapped

KEY = "channels/production.json"


def published(store: ObjectStore, number: int) -> list[str]:
    return [publish(store, draft(), FILES.items(), now=NOW).release for _ in range(number)]


class Meddled(Wrapped):
    """A store where somebody else acts just before each of our first writes."""

    def __init__(self, store: ObjectStore, *meddling: Callable[[], object]) -> None:
        super().__init__(store)
        self._meddling = list(meddling)

    def _meddle(self) -> None:
        if self._meddling:
            self._meddling.pop(0)()

    def create(self, key: str, data: bytes) -> None:
        self._meddle()
        super().create(key, data)

    def replace(self, key: str, data: bytes, version: str) -> None:
        self._meddle()
        super().replace(key, data, version)


class ReadOnly:
    """A store as a reader with s3:GetObject alone sees it."""

    def __init__(self, store: ObjectStore) -> None:
        self.read = store.read
        self.read_unless = store.read_unless

    def create(self, key: str, data: bytes) -> None:
        raise PermissionError(key, data)

    def replace(self, key: str, data: bytes, version: str) -> None:
        raise PermissionError(key, data, version)

    def remove(self, key: str) -> None:
        raise PermissionError(key)

    def keys(self, prefix: str) -> Iterator[str]:
        raise PermissionError(prefix)


def test_a_store_without_a_channel_has_none(store: ObjectStore) -> None:
    assert read_channel(store) is None
    assert list_channels(store) == []


def test_the_first_promotion_makes_the_channel(store: ObjectStore) -> None:
    [release] = published(store, 1)
    channel = promote(store, release, now=NOW)
    assert channel == read_channel(store)
    assert channel.name == "production"
    assert channel.arms == (Arm(name="control", release=release, share=1.0),)
    assert [(made.release, made.at) for made in channel.history] == [(release, NOW)]
    assert channel.updated_at == NOW
    assert list_channels(store) == ["production"]


def test_a_promotion_moves_the_channel_and_remembers_what_was_served(store: ObjectStore) -> None:
    old, new = published(store, 2)
    promote(store, old, now=NOW)
    channel = promote(store, new, now=NOW + timedelta(hours=1))
    assert channel == read_channel(store)
    assert [arm.release for arm in channel.arms] == [new]
    assert [made.release for made in channel.history] == [old, new]
    assert channel.updated_at == NOW + timedelta(hours=1)


def test_promoting_what_is_served_changes_nothing(store: ObjectStore) -> None:
    [release] = published(store, 1)
    promote(store, release, now=NOW)
    before = store.read(KEY)
    assert promote(store, release, now=NOW + timedelta(hours=1)) == read_channel(store)
    assert store.read(KEY) == before


def test_an_old_release_may_be_served_again(store: ObjectStore) -> None:
    old, new = published(store, 2)
    for release in (old, new, old):
        channel = promote(store, release)
    assert [made.release for made in channel.history] == [old, new, old]


def test_the_history_keeps_the_newest(store: ObjectStore) -> None:
    old, new = published(store, 2)
    hours = [NOW + timedelta(hours=number) for number in range(HISTORY + 1)]
    full = promote(store, old).model_copy(
        update={"history": tuple(Promotion(release=old, at=hour) for hour in hours[:-1])}
    )
    store.replace(KEY, full.to_json(), store.read(KEY).version)
    channel = promote(store, new, now=hours[-1])
    assert channel == read_channel(store)
    assert [made.at for made in channel.history] == hours[1:]
    assert channel.history[-1].release == new


def test_channels_are_apart(store: ObjectStore) -> None:
    one, two = published(store, 2)
    promote(store, one)
    promote(store, two, channel="staging")
    assert list_channels(store) == ["production", "staging"]
    production = read_channel(store)
    assert production is not None
    assert production.arms[0].release == one


def test_a_release_that_is_not_there_is_not_promoted(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        promote(store, "20261124T040500Z-00000000")
    assert read_channel(store) is None


def test_a_release_whose_gate_failed_is_not_promoted(store: ObjectStore) -> None:
    release = publish(store, draft(good=False), FILES.items()).release
    with pytest.raises(GateFailed, match=r"gain in hit_rate@5 is -0\.0031, not above 0"):
        promote(store, release)
    assert read_channel(store) is None


def test_a_release_whose_gate_failed_is_served_for_a_reason_which_the_history_keeps(
    store: ObjectStore,
) -> None:
    [good] = published(store, 1)
    bad = publish(store, draft(good=False), FILES.items()).release
    promote(store, good, force="not needed")
    promote(store, bad, force="measured on a holiday")
    channel = read_channel(store)
    assert channel is not None
    assert [arm.release for arm in channel.arms] == [bad]
    assert [(made.release, made.forced) for made in channel.history] == [
        (good, None),
        (bad, "measured on a holiday"),
    ]


def test_no_reason_serves_a_release_that_is_not_exact(store: ObjectStore, tamper: Tamper) -> None:
    [release] = published(store, 1)
    key = f"releases/{release}/manifest.json"
    manifest = fields_of(store.read(key).data)
    manifest["exactness"]["passed"] = False
    tamper(key, json.dumps(manifest).encode())
    with pytest.raises(NotExact):
        promote(store, release, force="I want it")
    assert read_channel(store) is None


def test_a_channel_knows_what_it_serves_and_what_it_has_served(store: ObjectStore) -> None:
    old, new, other = published(store, 3)
    promote(store, old)
    channel = promote(store, new)
    assert [channel.knows(release) for release in (old, new, other)] == [True, True, False]
    forgetful = channel.model_copy(update={"history": ()})
    assert [forgetful.knows(release) for release in (old, new)] == [False, True]


def test_a_channel_name_that_leads_elsewhere_is_refused(store: ObjectStore) -> None:
    [release] = published(store, 1)
    with pytest.raises(InvalidAddress):
        promote(store, release, channel=f"../releases/{release}/manifest")


def test_a_promotion_that_lost_the_swap_is_made_on_what_the_winner_left(
    store: ObjectStore,
) -> None:
    ours, theirs, last = published(store, 3)
    meddled = Meddled(store, lambda: promote(store, theirs), lambda: promote(store, last))
    channel = promote(meddled, ours)
    assert channel == read_channel(store)
    assert [made.release for made in channel.history] == [theirs, last, ours]


def test_a_promotion_that_always_loses_gives_up(store: ObjectStore) -> None:
    ours, one, two = published(store, 3)
    meddling = [
        lambda number=number: promote(store, (one, two)[number % 2]) for number in range(20)
    ]
    with pytest.raises(Conflict, match="production was moved by others 10 times"):
        promote(Meddled(store, *meddling), ours)
    channel = read_channel(store)
    assert channel is not None
    assert [made.release for made in channel.history] == [one, two] * 5


def test_concurrent_promotions_all_get_their_turn(store: ObjectStore) -> None:
    releases = published(store, 4)
    with ThreadPoolExecutor(len(releases)) as pool:
        list(pool.map(lambda release: promote(store, release), releases))
    channel = read_channel(store)
    assert channel is not None
    assert sorted(made.release for made in channel.history) == sorted(releases)
    assert channel.arms[0].release == channel.history[-1].release


def test_a_reader_needs_to_read_objects_and_nothing_else(store: ObjectStore) -> None:
    [release] = published(store, 1)
    promote(store, release)
    channel = read_channel(ReadOnly(store))
    assert channel is not None
    opened = open_release(ReadOnly(store), channel.arms[0].release)
    assert {path: opened.read(path) for path in FILES} == FILES


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"schema_version": 2}, "its schema_version is not 1"),
        ({"arms": []}, "arms: .* at least 1 item"),
        ({"name": "staging"}, "it holds the channel staging"),
        ({"history": None}, "history: "),
    ],
)
def test_an_unreadable_channel_is_refused_and_not_overwritten(
    store: ObjectStore, tamper: Tamper, change: dict[str, object], complaint: str
) -> None:
    one, two = published(store, 2)
    promote(store, one)
    broken = json.dumps({**fields_of(store.read(KEY).data), **change}).encode()
    tamper(KEY, broken)
    with pytest.raises(BrokenRelease, match=f"channel production: .*{complaint}"):
        read_channel(store)
    with pytest.raises(BrokenRelease):
        promote(store, two)
    assert store.read(KEY).data == broken


@pytest.mark.parametrize(
    ("arms", "complaint"),
    [
        ([("control", 0.5), ("new", 0.4)], "add up to 0.9 instead of 1"),
        ([("control", 0.5), ("control", 0.5)], "two arms have the same name"),
        ([("control", 1.5), ("new", -0.5)], "less than or equal to 1"),
    ],
)
def test_arms_that_cannot_be_are_refused(
    tmp_path_factory: pytest.TempPathFactory, arms: list[tuple[str, float]], complaint: str
) -> None:
    store = open_store(str(tmp_path_factory.mktemp("store")))
    [release] = published(store, 1)
    fields = fields_of(promote(store, release).to_json())
    fields["arms"] = [{"name": name, "release": release, "share": share} for name, share in arms]
    with pytest.raises(BrokenRelease, match=complaint):
        Channel.from_json(json.dumps(fields).encode())


def test_shares_of_an_experiment_may_be_tenths() -> None:
    release = "20261124T040500Z-00000000"
    arms = tuple(Arm(name=str(number), release=release, share=0.1) for number in range(10))
    channel = Channel(
        name="production",
        arms=arms,
        experiment=Experiment(name="tenths", started_at=NOW),
        history=(),
        updated_at=NOW,
    )
    assert Channel.from_json(channel.to_json()) == channel
