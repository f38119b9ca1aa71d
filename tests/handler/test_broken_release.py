"""Releases whose files are as the manifest says, but not as the format does: 503, and why."""

import json
from pathlib import Path

import onnx
import pyarrow as pa
import pytest

from handler.api import create_app
from handler.settings import Settings
from tests.handler import small
from tests.handler.client import Client

SHARD_OF_7 = "users/00001.parquet"


def _reason(store: Path, changed: dict[str, bytes]) -> str:
    """Why reader 7 gets no feed of the release."""
    small.put(store, changed)
    with Client(create_app(Settings(store=str(store)))) as client:
        answer = client.get("/v1/recommendations?id=7")
    assert answer.status_code == 503
    detail: str = answer.json()["detail"]
    return detail


def _posts(**changed: pa.Array | None) -> bytes:
    return _table(small.posts_columns(), changed)


def _readers(**changed: pa.Array | None) -> bytes:
    return _table(small.readers_columns(1), changed)


def _table(columns: dict[str, pa.Array], changed: dict[str, pa.Array | None]) -> bytes:
    merged = {**columns, **changed}
    return small.parquet({name: column for name, column in merged.items() if column is not None})


def _lists(kind: pa.DataType, item: object) -> pa.Array:
    return pa.array([[item]] * len(small.readers_columns(1)["user_id"]), pa.list_(kind))


N = len(small.POSTS)
NOT_UTF8 = pa.StringArray.from_buffers(
    N, pa.array(range(N + 1), pa.int32()).buffers()[1], pa.py_buffer(b"\xff" * N)
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "posts.parquet cannot be read as Parquet"),
        (b"PAR1 is not all", "posts.parquet cannot be read as Parquet"),
        (_posts(topic=None), "posts.parquet has no column topic"),
        (_posts(post_id=pa.array(small.POSTS, pa.int32())), "post_id is int32, but must be int64"),
        (_posts(text=pa.array(range(N))), "text is int64, but must be utf8"),
        (_posts(text=pa.array([None, *"x" * (N - 1)])), "text has 1 nulls"),
        (_posts(text=NOT_UTF8), "encountered non UTF-8 data"),
        (_posts(post_id=pa.array([*small.POSTS[1:], small.POSTS[1]])), "post_id holds an id twice"),
        (_posts(features=small.rows([(1, 2, 3)] * N, 3)), "lists of 3 float32, but must be"),
        (
            _posts(features=pa.array([[1, None]] * N, pa.list_(pa.float32(), 2))),
            f"features has {N} nulls",
        ),
        (
            small.parquet({name: rows[:0] for name, rows in small.posts_columns().items()}),
            "posts.parquet holds no posts",
        ),
    ],
)
def test_a_catalogue_that_is_not_as_the_format_says_is_refused(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    assert reason in _reason(tmp_path / "store", {"posts.parquet": data})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", f"{SHARD_OF_7} cannot be read as Parquet"),
        (_readers(liked=None), f"{SHARD_OF_7} has no column liked"),
        (_readers(liked=_lists(pa.int32(), 10)), "but must be lists of any number of int64"),
        (_readers(liked=_lists(pa.int64(), None)), "liked has 5 nulls"),
        (_readers(features=small.rows([(1, 2)] * 5, 2)), "lists of 2 float32, but must be"),
    ],
)
def test_readers_that_are_not_as_the_format_says_are_told_and_as_unknown(
    tmp_path: Path, data: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    small.put(tmp_path, {SHARD_OF_7: data})
    with Client(create_app(Settings(store=str(tmp_path)))) as client:
        assert client.get("/v1/recommendations?id=7").json()["source"] == "fallback"
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    (told,) = (line["reason"] for line in lines if "ShardFailed" in line)
    assert reason in told


def test_a_shard_without_readers_is_none_the_worse(tmp_path: Path) -> None:
    empty = {name: rows[:0] for name, rows in small.readers_columns(1).items()}
    small.put(tmp_path, {SHARD_OF_7: small.parquet(empty)})
    with Client(create_app(Settings(store=str(tmp_path)))) as client:
        assert client.get("/v1/recommendations?id=7").json()["source"] == "cold_start"


def test_readers_who_have_liked_nothing_are_none_the_worse(tmp_path: Path) -> None:
    nothing = pa.array([[]] * 5, pa.list_(pa.int64()))
    small.put(tmp_path, {SHARD_OF_7: _readers(liked=nothing)})
    with Client(create_app(Settings(store=str(tmp_path)))) as client:
        answer = client.get("/v1/recommendations?id=7&limit=100").json()
    assert answer["source"] == "model"
    assert len(answer["recommendations"]) == len(small.POSTS)


def test_bytes_that_are_no_graph_are_refused(tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"\x08garbage", small.graph()[:-100])):
        reason = _reason(tmp_path / str(number), {"ranker.onnx": data})
        assert "ranker.onnx cannot be loaded" in reason


def test_a_graph_that_would_read_a_file_of_the_functions_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(8))
    model = onnx.load_from_string(small.graph())
    hour = next(found for found in model.graph.initializer if found.name == "hour")
    hour.ClearField("int64_data")
    hour.raw_data = bytes(8)
    onnx.external_data_helper.set_external_data(hour, str(file), length=8)
    hour.ClearField("raw_data")
    reason = _reason(tmp_path / "store", {"ranker.onnx": model.SerializeToString()})
    assert "ranker.onnx cannot be loaded" in reason
    assert "External data path" in reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("reader", "user", "ranker.onnx does not answer"),
        ("scores", "odds", "ranker.onnx does not answer"),
        ("int64[1] k", "int64[1] k, int64[1] more", "ranker.onnx does not answer"),
        (
            "rows = Gather (eligible, best)",
            "rows = Shape (posts)",
            "asked for 5 posts, answers [40",
        ),
        (
            "rows = Gather (eligible, best)",
            "rows = Slice (shape, first, second)\nshape = Shape (posts)",
            "asked for 5 posts, answers [40]",
        ),
    ],
)
def test_a_graph_that_does_not_answer_as_the_format_says_is_refused(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    assert old in small.RANKER
    graph = small.graph(small.RANKER.replace(old, new))
    assert reason in _reason(tmp_path / "store", {"ranker.onnx": graph})


def test_a_graph_whose_scores_are_not_exact_is_refused(tmp_path: Path) -> None:
    text = small.RANKER.replace("double[", "float[").replace("<to = 11>", "<to = 1>")
    reason = _reason(tmp_path / "store", {"ranker.onnx": small.graph(text)})
    assert "ranker.onnx, asked for 5 posts, answers" in reason


def test_a_graph_for_more_features_than_the_release_has_is_refused(tmp_path: Path) -> None:
    text = small.RANKER.replace("float[1, 1] reader", "float[1, 7] reader")
    text = text.replace("IsNaN (reader)", "IsNaN (most)\nmost = ReduceMax (reader, second)")
    text = text.replace("unknown, reader)", "unknown, most)")
    reason = _reason(tmp_path / "store", {"ranker.onnx": small.graph(text)})
    assert "ranker.onnx does not answer" in reason
    assert "Got: 1 Expected: 7" in reason
