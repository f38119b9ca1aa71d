from pathlib import Path

import pytest

from artifacts.errors import StoreUnavailable
from artifacts.stores import open_store


def test_temporary_and_lock_files_are_not_listed(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.create("a/b", b"1")
    store.replace("a/b", b"2", store.read("a/b").version)
    (tmp_path / "a" / ".c.0123456789abcdef.tmp").write_bytes(b"left by a process that was killed")
    assert (tmp_path / "a" / ".b.lock").exists()
    assert list(store.keys("")) == ["a/b"]


def test_writing_leaves_no_temporary_files(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.create("a", b"1")
    store.create("a", b"1")
    store.replace("a", b"2", store.read("a").version)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.lock", "a"]


def test_a_relative_folder_stays_the_same_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("here")
    store.create("a", b"1")
    monkeypatch.chdir("/")
    assert store.read("a").data == b"1"


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailable, match="file") as raised:
        open_store(str(tmp_path / "file")).create("a", b"1")
    assert isinstance(raised.value.__cause__, OSError)
