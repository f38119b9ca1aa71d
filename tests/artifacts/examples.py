"""A small release to test with."""

import json
from datetime import UTC, date, datetime
from typing import Any

from artifacts.manifest import Code, DataFacts, Dropped, Features, ManifestDraft
from artifacts.proofs import Check, Evaluation, Exactness, Gate, Score

NOW = datetime(2026, 11, 24, 4, 5, tzinfo=UTC)

FILES = {
    "ranker.onnx": b"a graph",
    "posts.parquet": b"some posts",
    "users/00000.parquet": b"even readers",
    "users/00001.parquet": b"odd readers",
    "report.html": b"",
}


def draft(*, exact: bool = True, good: bool = True) -> ManifestDraft:
    gain = 0.0218 if good else -0.0031
    return ManifestDraft(
        recipe="ab" * 32,
        timezone="Europe/Moscow",
        data=DataFacts(
            source="postgresql://lenta@db.example/network",
            since=datetime(2026, 10, 1, 6),
            until=datetime(2026, 11, 23),
            readers=16_000,
            posts=7_023,
            views=1_000_000,
            likes=107_000,
            dropped=(Dropped(table="feed_data", reason="of unknown readers", rows=12),),
        ),
        features=Features(
            topics=("sport",),
            reader=("age", "likes"),
            post=("length",),
            model=("age", "hour"),
        ),
        user_shards=2,
        evaluation=Evaluation(
            test_since=date(2026, 11, 17),
            test_until=date(2026, 11, 22),
            slates=4_000,
            readers=3_000,
            scores=(
                Score(metric="hit_rate@5", model="lenta", value=0.5731, low=0.56, high=0.58),
                Score(metric="hit_rate@5", model="random", value=0.3),
            ),
        ),
        exactness=Exactness(
            rows=500_000,
            differing=0 if exact else 3,
            threshold_rows=20_000,
            threshold_differing=0,
            passed=exact,
        ),
        gate=Gate(
            passed=good,
            checks=(Check(name="the gain in hit_rate@5", value=gain, above=0.0, passed=good),),
        ),
        code=Code(version="0.1.0", python="3.11.7", libraries={"lightgbm": "4.7.0"}),
    )


def fields_of(document: bytes) -> dict[str, Any]:
    """What is in a document, without its digest, so that it may be changed."""
    fields: dict[str, Any] = json.loads(document)
    del fields["digest"]
    return fields
