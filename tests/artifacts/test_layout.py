import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.errors import InvalidAddress
from artifacts.layout import (
    READERS_PER_SHARD,
    channel_key,
    is_release_id,
    release_key,
    shard_of,
    shards_for,
    users_file,
)


@given(readers=st.integers(0, 10**9))
def test_a_shard_holds_no_more_readers_than_meant_and_none_is_needless(readers: int) -> None:
    shards = shards_for(readers)
    assert shards >= 1
    assert readers <= shards * READERS_PER_SHARD
    assert shards == 1 or readers > (shards - 1) * READERS_PER_SHARD


@given(user_id=st.integers(-(2**63), 2**63 - 1), shards=st.integers(1, 10**6))
def test_every_reader_has_a_shard(user_id: int, shards: int) -> None:
    assert 0 <= shard_of(user_id, shards) < shards


def test_shards_are_named_so_that_they_sort() -> None:
    assert users_file(0) == "users/00000.parquet"
    assert users_file(124) == "users/00124.parquet"


def test_a_release_file_has_its_key() -> None:
    key = release_key("20261124T040500Z-1f2e3d4c", "users/00000.parquet")
    assert key == "releases/20261124T040500Z-1f2e3d4c/users/00000.parquet"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "production",
        "20261124T040500Z-1F2E3D4C",
        "20261124T040500Z-1f2e3d4c/..",
        "20261124T040500Z-1f2e3d4c\n",
        "\N{ARABIC-INDIC DIGIT TWO}0261124T040500Z-1f2e3d4c",
    ],
)
def test_what_is_no_release_id_has_no_key(text: str) -> None:
    assert not is_release_id(text)
    with pytest.raises(InvalidAddress, match="is not a release id"):
        release_key(text, "manifest.json")


@pytest.mark.parametrize("name", ["", "../production", "a/b", ".", "no way"])
def test_what_cannot_be_a_channel_has_no_key(name: str) -> None:
    with pytest.raises(InvalidAddress):
        channel_key(name)
