"""What a release takes is told of a real one."""

import re
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from artifacts import layout
from tests.support.releases import READERS, Trained
from tools.scaling import catalogue, footprint


@pytest.fixture
def store(trained: Trained) -> str:
    return str(trained.store)


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"[\d,]*\.?\d+", text)]


def test_a_shard_is_read_and_measured(store: str) -> None:
    readers, size, median, least, memory, liked = numbers(footprint.shard(footprint.served(store)))
    assert 0 < readers <= READERS
    assert size < memory
    assert 0 < least <= median
    assert memory > 8 * readers * (1 + liked)


def test_a_call_leaves_a_line_and_an_answer(store: str) -> None:
    line, answer = numbers(footprint.call(store, reader=200))
    assert 500 < line < 2_000
    assert answer > 500


@pytest.mark.parametrize("count", [100, 1_000])
def test_so_many_posts_are_read_as_are_asked_for(store: str, count: int, tmp_path: Path) -> None:
    release = footprint.served(store)
    told = catalogue.posts(release, count, tmp_path)
    found, stored, after, peak, _ = numbers(told)
    (text,) = numbers(catalogue.texts(release))
    assert found == count
    assert 0 < stored < after <= peak
    assert after > text
    assert told.endswith("; texts inside")


@pytest.mark.slow
def test_texts_of_a_large_catalogue_are_measured_in_files_of_their_own(
    store: str, tmp_path: Path
) -> None:
    release = footprint.served(store)
    (text,) = numbers(catalogue.texts(release))
    count = int(1.5 * layout.TEXTS_INSIDE / text)
    *_, files, size, milliseconds = numbers(catalogue.posts(release, count, tmp_path))
    assert files == pytest.approx(count * text / layout.TEXT_FILE_BYTES, abs=2)
    assert 0 < size < layout.TEXT_FILE_BYTES
    assert milliseconds > 0
    assert layout.TEXT not in pq.read_schema(tmp_path / "posts.parquet").names


def test_a_store_that_serves_nothing_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["footprint", str(tmp_path)])
    with pytest.raises(SystemExit, match="production"):
        footprint.main()
