"""A release whose texts lie in files of their own, from the tables to the function's answers."""

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from mypy_boto3_s3 import S3Client

from artifacts import layout
from artifacts.manifest import Manifest
from artifacts.release import open_release, verify
from artifacts.stores import open_store
from tests.support.lambda_runtime import StartFunction, event, upload
from tests.support.releases import Trained
from tests.train.growing import grown
from tools.runtime import Runtime
from train.export.tables import post_files
from train.progress import Silent
from train.refresh.refresh import refresh
from train.settings import RunSettings

pytestmark = pytest.mark.slow

BUCKET = "texts-outside"


@pytest.fixture(scope="module")
def tables(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grown(trained.source, tmp_path_factory.mktemp("later") / "tables")


@pytest.fixture(scope="module")
def store(trained: Trained, tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A refreshed release, as if its texts were many."""
    store = shutil.copytree(trained.store, tmp_path_factory.mktemp("outside") / "store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "TEXT_FILE_BYTES", 20_000)
        outside = partial(post_files, texts_inside=100_000)
        patch.setattr("train.refresh.refresh.post_files", outside)
        assert refresh(RunSettings(str(tables), str(store)), Silent()).served
    return store


@pytest.fixture(scope="module")
def manifest(store: Path, trained: Trained) -> Manifest:
    (release,) = {path.name for path in (store / "releases").iterdir()} - {trained.manifest.release}
    return open_release(open_store(str(store)), release).manifest


@pytest.fixture(scope="module")
def function(start_function: StartFunction, store: Path, s3_admin: S3Client) -> Iterator[Runtime]:
    s3_admin.create_bucket(Bucket=BUCKET)
    upload(s3_admin, store, BUCKET, "store")
    with start_function(f"s3://{BUCKET}/store") as runtime:
        yield runtime


def test_the_function_answers_posts_with_their_texts_of_the_tables(
    function: Runtime, tables: Path
) -> None:
    posts = pq.read_table(tables / "post_text_df.parquet").to_pylist()
    known = {post["post_id"]: (post["text"], post["topic"]) for post in posts}
    for reader in (200, 201, 202, -5):
        call = event("recommendations-v2")
        call["requestContext"]["http"]["path"] = call["rawPath"] = "/post/recommendations/"
        call["rawQueryString"] = f"id={reader}&time=2021-10-14T20%3A00%3A00&limit=50"
        answer = function.invoke(call)
        assert answer["statusCode"] == 200, answer["body"]
        found = json.loads(answer["body"])
        assert len(found) == 50
        assert all((post["text"], post["topic"]) == known[post["id"]] for post in found)


def test_its_files_are_listed_and_checked(manifest: Manifest, store: Path) -> None:
    texts = [entry.path for entry in manifest.files if entry.path.startswith("texts/")]
    assert texts == [layout.texts_file(number) for number in range(len(texts))]
    assert len(texts) > 5
    release = open_release(open_store(str(store)), manifest.release)
    assert verify(release) == ()
    file = store / layout.release_key(manifest.release, texts[3])
    good = file.read_bytes()
    file.write_bytes(good[:-9])
    (problem,) = verify(release)
    file.write_bytes(good)
    assert texts[3] in problem
