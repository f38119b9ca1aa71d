"""The texts of a small catalogue lie in posts.parquet, those of a large one in their own files."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts import layout
from artifacts.manifest import Features
from artifacts.moves import promote
from artifacts.publish import publish
from artifacts.stores import open_store
from tests.artifacts.examples import draft
from tests.handler import small
from tests.support.recommender import awaited, served_from
from train.export.tables import post_files, reader_files
from train.features.rows import FeatureRows
from train.warehouse import Warehouse

ROWS = FeatureRows(np.array([30, 10, 20]), np.zeros((3, 2), np.float32))


def made(texts: Sequence[str], rows: FeatureRows, inside: int) -> dict[str, bytes]:
    """The files of posts that were read by ascending id and are served in the order of `rows`."""
    ids = pa.array(np.sort(rows.ids))
    with TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder))
        topics = ["tech"] * len(texts)
        warehouse.register("posts", pa.table({"post_id": ids, "text": texts, "topic": topics}))
        warehouse.register("post_history", pa.table({"post_id": ids[:1], "views": [40]}))
        files = dict(post_files(warehouse, rows, None, None, inside))
        warehouse.close()
    return files


def table(data: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(data))


def test_up_to_the_limit_texts_lie_in_one_file_with_the_rest() -> None:
    texts = ["ab", "я", "cd"]  # six bytes
    files = made(texts, ROWS, 6)
    assert [*files] == [layout.POSTS]
    posts = table(files[layout.POSTS])
    assert posts["text"].to_pylist() == ["cd", "ab", "я"]
    assert layout.TEXT_FILE not in posts.column_names


def test_one_byte_more_and_they_lie_in_files_of_their_own() -> None:
    files = made(["ab", "я", "cd"], ROWS, 5)
    assert sorted(files) == [layout.POSTS, layout.texts_file(0)]
    posts = table(files[layout.POSTS])
    assert layout.TEXT not in posts.column_names
    assert posts["text_file"].to_pylist() == [0, 0, 0]
    assert posts["fresh"].to_pylist() == [True, False, True]
    assert table(files[layout.texts_file(0)]).to_pydict() == {
        "post_id": [30, 10, 20],
        "text": ["cd", "ab", "я"],
    }


def test_a_file_holds_the_texts_that_begin_within_its_size() -> None:
    size = layout.TEXT_FILE_BYTES
    rows = FeatureRows(np.arange(5), np.zeros((5, 1), np.float32))
    files = made(["a" * (size - 1), "b", "c" * (3 * size), "d", "e"], rows, 0)
    assert table(files[layout.POSTS])["text_file"].to_pylist() == [0, 0, 1, 2, 2]


@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(st.text(alphabet="aя😀\n\x00", max_size=40), min_size=1, max_size=30),
    scale=st.sampled_from([1, 60_000]),
    inside=st.integers(0, 1000) | st.just(10**9),
    seed=st.integers(0, 99),
)
def test_whatever_the_texts_and_the_limit_the_function_answers_each_post_with_its_own(
    texts: list[str], scale: int, inside: int, seed: int
) -> None:
    texts = [f"{number} {text * scale}" for number, text in enumerate(texts)]
    generator = np.random.default_rng(seed)
    ids = np.sort(generator.choice(10**6, len(texts), replace=False))
    served = generator.permutation(len(texts))
    rows = FeatureRows(ids[served], np.ones((len(texts), 2), np.float32))
    with TemporaryDirectory() as folder:
        store = open_store(folder)
        features = Features(
            topics=(), reader=("fondness",), post=("quality", "lateness"), model=("score",)
        )
        described = draft().model_copy(
            update={"features": features, "user_shards": small.SHARDS, "timezone": "UTC"}
        )
        shards = range(small.SHARDS)
        readers = {
            layout.users_file(shard): small.parquet(small.readers_columns(shard))
            for shard in shards
        }
        files = {"ranker.onnx": small.graph(), **made(texts, rows, inside), **readers}
        promote(store, publish(store, described, files.items()).release)
        recommender = served_from(folder)
        found = awaited(recommender.texts.of(range(len(texts))))
    assert found == [texts[place] for place in served]


def test_a_readers_likes_are_listed_by_their_last_day_the_newest_first(tmp_path: Path) -> None:
    days = [date(2021, 10, day) for day in (2, 3, 2, 1, 4, 1)]
    likes = {"user_id": [1, 1, 1, 1, 1, 2], "post_id": [5, 9, 3, 8, 8, 7], "day": days}
    warehouse = Warehouse(tmp_path)
    warehouse.register("liked_daily", pa.table(likes))
    rows = FeatureRows(np.array([1, 2, 3]), np.zeros((3, 2), np.float32))
    [(_, data)] = reader_files(warehouse, rows, 1)
    warehouse.close()
    assert table(data)[layout.LIKED].to_pylist() == [[8, 9, 3, 5], [7], []]
    assert table(data).schema.metadata[layout.LIKED.encode()] == layout.NEWEST_FIRST.encode()
