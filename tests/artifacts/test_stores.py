"""What every store promises, whichever it is."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from artifacts.errors import AlreadyExists, ArtifactError, Conflict, InvalidAddress, NotFound
from artifacts.keys import checked_key, is_key
from artifacts.stores import ObjectStore, open_store
from tests.artifacts.conftest import Tamper

WRITERS = 8


def all_at_once(write: Callable[[int], None]) -> list[ArtifactError | None]:
    """Call `write(0)`, `write(1)`... from as many threads at the same moment."""
    barrier = threading.Barrier(WRITERS)

    def attempt(number: int) -> ArtifactError | None:
        barrier.wait()
        try:
            write(number)
        except ArtifactError as error:
            return error
        return None

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(attempt, range(WRITERS)))


def test_what_was_created_is_read_back(store: ObjectStore) -> None:
    store.create("a/b.bin", b"\x00\xff")
    assert store.read("a/b.bin").data == b"\x00\xff"


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    store.create("empty", b"")
    assert store.read("empty").data == b""


@pytest.mark.parametrize("key", ["b", "a/b", "a/b/c"])
def test_an_object_that_is_not_there_is_not_found(store: ObjectStore, key: str) -> None:
    store.create("a/bc", b"1")
    with pytest.raises(NotFound, match="does not exist"):
        store.read(key)


def test_a_folder_of_objects_is_no_object(store: ObjectStore) -> None:
    store.create("a/b", b"1")
    with pytest.raises(NotFound):
        store.read("a")


def test_an_object_is_never_created_over_another(store: ObjectStore) -> None:
    store.create("a", b"first")
    with pytest.raises(AlreadyExists):
        store.create("a", b"second")
    assert store.read("a").data == b"first"


def test_creating_the_same_bytes_again_is_a_success(store: ObjectStore) -> None:
    store.create("a", b"first")
    store.create("a", b"first")
    assert store.read("a").data == b"first"


def test_of_concurrent_creators_one_wins(store: ObjectStore) -> None:
    errors = all_at_once(lambda number: store.create("new/a", str(number).encode()))
    assert sum(error is None for error in errors) == 1
    assert all(isinstance(error, AlreadyExists) for error in errors if error)
    assert store.read("new/a").data == str(errors.index(None)).encode()


def test_an_object_is_read_again_only_if_it_has_changed(store: ObjectStore) -> None:
    store.create("a", b"first")
    version = store.read("a").version
    assert store.read_unless("a", version) is None
    store.replace("a", b"second", version)
    changed = store.read_unless("a", version)
    assert changed == store.read("a")
    assert changed is not None
    assert changed.data == b"second"


def test_an_object_that_is_gone_is_not_found_whatever_its_version_was(store: ObjectStore) -> None:
    store.create("a", b"first")
    version = store.read("a").version
    store.remove("a")
    with pytest.raises(NotFound):
        store.read_unless("a", version)


def test_an_object_that_was_removed_is_gone_and_its_neighbours_are_not(store: ObjectStore) -> None:
    store.create("a/b/c", b"1")
    store.create("a/b2", b"2")
    store.remove("a/b/c")
    with pytest.raises(NotFound):
        store.read("a/b/c")
    assert list(store.keys("")) == ["a/b2"]
    store.create("a/b/c", b"3")
    assert store.read("a/b/c").data == b"3"


def test_removing_what_is_not_there_is_a_success(store: ObjectStore) -> None:
    store.remove("a/b")
    store.create("a", b"1")
    store.remove("a/b")
    assert store.read("a").data == b"1"


def test_an_object_is_replaced_if_it_is_what_was_read(store: ObjectStore) -> None:
    store.create("a", b"first")
    store.replace("a", b"second", store.read("a").version)
    assert store.read("a").data == b"second"


def test_an_object_changed_since_it_was_read_is_not_replaced(store: ObjectStore) -> None:
    store.create("a", b"first")
    old = store.read("a").version
    store.replace("a", b"second", old)
    with pytest.raises(Conflict):
        store.replace("a", b"third", old)
    assert store.read("a").data == b"second"


def test_an_object_that_is_gone_is_not_replaced(store: ObjectStore, tamper: Tamper) -> None:
    store.create("a", b"first")
    version = store.read("a").version
    tamper("a", None)
    with pytest.raises(Conflict):
        store.replace("a", b"second", version)


def test_of_concurrent_replacers_one_wins(store: ObjectStore) -> None:
    store.create("a", b"first")
    version = store.read("a").version
    errors = all_at_once(lambda number: store.replace("a", str(number).encode(), version))
    assert sum(error is None for error in errors) == 1
    assert all(isinstance(error, Conflict) for error in errors if error)
    assert store.read("a").data == str(errors.index(None)).encode()


def test_keys_are_listed_by_prefix_and_sorted(store: ObjectStore) -> None:
    keys = ["b", "a/2", "a/10", "a-b", "ab/c/d"]
    for key in keys:
        store.create(key, b"")
    assert list(store.keys("")) == sorted(keys)
    assert list(store.keys("a/")) == ["a/10", "a/2"]
    assert list(store.keys("a")) == ["a-b", "a/10", "a/2", "ab/c/d"]
    assert list(store.keys("ab/c/")) == ["ab/c/d"]
    assert list(store.keys("nothing/here")) == []


def test_a_store_nobody_wrote_to_is_empty(store: ObjectStore) -> None:
    assert list(store.keys("")) == []


def test_what_others_left_beside_the_objects_is_not_listed(
    store: ObjectStore, tamper: Tamper
) -> None:
    tamper(".DS_Store", b"")
    tamper("a/strange name", b"")
    store.create("a/b", b"")
    assert list(store.keys("")) == ["a/b"]


ESCAPES = st.text(st.sampled_from("./\\ab-\x00\n~é"), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.one_of(st.text(), ESCAPES))
@example(key="")
@example(key="../a")
@example(key="/a")
@example(key="a/../../b")
@example(key="a\n")
@example(key="a" * 600)
def test_no_key_leads_out_of_a_folder(tmp_path: Path, key: str) -> None:
    root = tmp_path / "store"
    if is_key(key):
        assert root in (root / checked_key(key)).resolve().parents
        return
    store = open_store(str(root))
    for operation in (
        lambda: store.read(key),
        lambda: store.create(key, b""),
        lambda: store.replace(key, b"", ""),
    ):
        with pytest.raises(InvalidAddress, match="is not a key"):
            operation()


@given(st.lists(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True), min_size=1))
def test_ordinary_names_joined_by_slashes_are_keys(names: list[str]) -> None:
    key = "/".join(names)
    assert is_key(key) == (len(key) <= 512)


@pytest.mark.parametrize("key", ["", "../a", "/a", "a/./b", "a//b", "a/"])
def test_a_key_that_is_none_is_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(InvalidAddress):
        store.read(key)
    with pytest.raises(InvalidAddress):
        store.create(key, b"")
    with pytest.raises(InvalidAddress):
        store.replace(key, b"", "")


@pytest.mark.parametrize(
    "url",
    ["gs://bucket/x", "https://example.com", "s3://", "s3:///x", "file://host/x", "file://", ""],
)
def test_an_address_that_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(InvalidAddress):
        open_store(url)


def test_a_folder_may_be_given_as_a_file_url(tmp_path: Path) -> None:
    open_store(str(tmp_path / "a store")).create("a", b"1")
    assert open_store(f"file://{tmp_path}/a%20store").read("a").data == b"1"
