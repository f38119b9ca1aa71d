import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from artifacts.errors import BrokenRelease
from artifacts.layout import POSTS, RANKER, users_file
from artifacts.manifest import Code, DataFacts, Dropped, Features, FileEntry, Manifest
from artifacts.proofs import Check, Evaluation, Exactness, Gate, Score
from tests.artifacts.examples import FILES, NOW, draft, fields_of

COUNTS = st.integers(0, 2**63)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=20)
NAMES = st.lists(TEXTS, max_size=5).map(tuple)
IDS = st.from_regex(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}", fullmatch=True)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
SCORES = st.builds(
    Score,
    metric=TEXTS,
    model=TEXTS,
    value=NUMBERS,
    low=NUMBERS | st.none(),
    high=NUMBERS | st.none(),
)
CHECKS = st.builds(Check, name=TEXTS, value=NUMBERS, above=NUMBERS, passed=st.booleans())


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    shards = draw(st.integers(1, 5))
    paths = [RANKER, POSTS, *map(users_file, range(shards))]
    return Manifest(
        release=draw(IDS),
        created_at=draw(st.datetimes(timezones=st.just(UTC))),
        parent=draw(IDS | st.none()),
        recipe=draw(DIGESTS),
        timezone=draw(st.text(min_size=1, max_size=20)),
        data=DataFacts(
            source=draw(st.sampled_from(["/data", "postgresql://reader@host:5432/network"])),
            since=draw(st.datetimes()),
            until=draw(st.datetimes()),
            readers=draw(COUNTS),
            posts=draw(COUNTS),
            views=draw(COUNTS),
            likes=draw(COUNTS),
            dropped=draw(
                st.lists(st.builds(Dropped, table=TEXTS, reason=TEXTS, rows=COUNTS), max_size=3)
            ),
        ),
        features=Features(
            topics=draw(NAMES), reader=draw(NAMES), post=draw(NAMES), model=draw(NAMES)
        ),
        user_shards=shards,
        evaluation=Evaluation(
            test_since=draw(st.dates()),
            test_until=draw(st.dates()),
            slates=draw(COUNTS),
            readers=draw(COUNTS),
            scores=draw(st.lists(SCORES, max_size=3)),
        ),
        exactness=Exactness(
            rows=draw(COUNTS),
            differing=draw(COUNTS),
            threshold_rows=draw(COUNTS),
            threshold_differing=draw(COUNTS),
            passed=draw(st.booleans()),
        ),
        gate=Gate(passed=draw(st.booleans()), checks=draw(st.lists(CHECKS, max_size=3))),
        code=Code(
            version=draw(TEXTS),
            commit=draw(TEXTS | st.none()),
            python=draw(TEXTS),
            libraries=draw(st.dictionaries(TEXTS, TEXTS, max_size=3)),
        ),
        files=[
            FileEntry(path=path, sha256=draw(DIGESTS), size=draw(COUNTS))
            for path in draw(st.permutations(paths))
        ],
    )


def example() -> Manifest:
    return Manifest(
        **dict(draft()),
        release="20261124T040500Z-1f2e3d4c",
        created_at=NOW,
        files=[FileEntry(path=path, sha256="0" * 64, size=len(FILES[path])) for path in FILES],
    )


def changed(**fields: Any) -> bytes:
    return json.dumps({**fields_of(example().to_json()), **fields}).encode()


@given(manifests())
def test_a_manifest_survives_its_json(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json()) == manifest


@given(
    st.binary(max_size=50)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda values: st.lists(values) | st.dictionaries(st.text(), values),
        max_leaves=5,
    ).map(lambda value: json.dumps(value).encode())
)
def test_what_is_no_manifest_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(BrokenRelease, match="the manifest is unreadable: "):
        Manifest.from_json(data)


@given(bit=st.integers(0, len(example().to_json()) * 8 - 1))
def test_a_manifest_with_a_bit_flipped_is_refused(bit: int) -> None:
    data = bytearray(example().to_json())
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenRelease):
        Manifest.from_json(bytes(data))


def test_a_manifest_without_a_digest_is_of_an_earlier_version_and_read() -> None:
    manifest = example()
    assert Manifest.from_json(json.dumps(fields_of(manifest.to_json())).encode()) == manifest


@given(cut=st.integers(0, len(example().to_json()) - 2))
def test_a_manifest_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(BrokenRelease, match="the manifest is unreadable: "):
        Manifest.from_json(example().to_json()[:cut])


@pytest.mark.parametrize("version", [2, 0, "1", None])
def test_another_schema_version_is_refused(version: object) -> None:
    # A later version may well have other fields, but that is not what is to be said.
    with pytest.raises(BrokenRelease, match="its schema_version is not 1, the only one"):
        Manifest.from_json(changed(schema_version=version, novelty=1))


def test_a_manifest_without_schema_version_is_refused() -> None:
    fields = fields_of(example().to_json())
    del fields["schema_version"]
    with pytest.raises(BrokenRelease, match="names no schema_version"):
        Manifest.from_json(json.dumps(fields).encode())


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"novelty": 1}, "novelty: Extra inputs are not permitted"),
        ({"release": "../../etc"}, "release: .* not a release id"),
        ({"created_at": "2026-11-24T04:05:00"}, "created_at: .* timezone"),
        ({"created_at": "0001-01-01T00:00:00+05:00"}, "created_at: .* not a time in UTC"),
        ({"recipe": "a cake"}, "recipe: .* should match pattern"),
        ({"user_shards": 0}, "user_shards: .* greater than or equal to 1"),
        ({"user_shards": 4}, "2 of the 6 files it needs are missing, first users/00002.parquet"),
        ({"files": []}, "4 of the 4 files it needs are missing, first posts.parquet"),
    ],
)
def test_a_field_that_cannot_be_is_named(fields: dict[str, object], complaint: str) -> None:
    with pytest.raises(BrokenRelease, match=complaint):
        Manifest.from_json(changed(**fields))


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("../posts.parquet", "files.5.path: .* is not a key"),
        ("/etc/passwd", "files.5.path: .* is not a key"),
        ("users/../../x", "files.5.path: .* is not a key"),
        ("posts.parquet", "posts.parquet is listed twice"),
        ("manifest.json", "manifest.json cannot be one of the files it lists"),
        ("manifest.sig", "manifest.sig cannot be one of the files it lists"),
    ],
)
def test_a_path_that_cannot_be_is_refused(path: str, complaint: str) -> None:
    files = fields_of(example().to_json())["files"]
    files.append({"path": path, "sha256": "0" * 64, "size": 1})
    with pytest.raises(BrokenRelease, match=complaint):
        Manifest.from_json(changed(files=files))


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValidationError, match="finite number"):
        Score(metric="auc", model="lenta", value=float("nan"))


@pytest.mark.parametrize(
    "source", ["postgresql://reader:secret@host/network", "host=db password=secret"]
)
def test_a_source_with_a_password_is_refused_without_repeating_it(source: str) -> None:
    facts = draft().data.model_dump()
    with pytest.raises(ValidationError, match="holds a password") as raised:
        DataFacts(**{**facts, "source": source})
    assert "secret" not in str(raised.value)


def test_a_manifest_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        example().timezone = "UTC"  # type: ignore[misc]


def test_a_score_is_found_by_metric_and_model() -> None:
    evaluation = example().evaluation
    score = evaluation.score("hit_rate@5", "random")
    assert score is not None
    assert score.value == 0.3
    assert evaluation.score("hit_rate@5", "popularity") is None
