"""The main job as a person runs it: tables in Postgres, commands, answers over HTTP."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mypy_boto3_s3 import S3Client

from artifacts import layout
from tests.support.events import failure
from tools.postgres import free_port

pytestmark = pytest.mark.slow

SIZE = ("--users", "400", "--posts", "200", "--days", "10", "--seed", "12")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, check=False
    )


@contextmanager
def served(store: str) -> Iterator[str]:
    port = str(free_port())
    with subprocess.Popen(
        [sys.executable, "-m", "handler", "--store", store, "--port", port],
        stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith(f"http://127.0.0.1:{port}/ serves")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def get(url: str) -> Any:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server
                return json.load(answer)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)
    raise AssertionError(f"nobody listens at {url}")


def test_from_postgres_to_an_answer(postgres_url: str, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    loaded = python("train", "demo-data", "--out", postgres_url, *SIZE)
    assert loaded.returncode == 0, loaded.stderr
    trained = python("train", "run", "--source", postgres_url, "--store", store)
    assert trained.returncode == 0, trained.stderr
    assert "hit_rate@5" in trained.stdout
    assert "graph against LightGBM: 0 of" in trained.stdout
    verified = python("artifacts", "verify", "production", "--store", store)
    assert verified.returncode == 0, verified.stderr
    with served(store) as address:
        health = get(f"{address}/healthz")
        assert health["readers"] == 400
        known = get(f"{address}/v1/recommendations?id=200&time=2021-10-11T20:00:00&limit=7")
        assert known["release"] == health["release"]
        assert known["source"] == "model"
        assert len(known["recommendations"]) == 7
        stranger = get(f"{address}/v1/recommendations?id=999999999")
        assert stranger["source"] == "cold_start"
        posts = get(f"{address}/post/recommendations/?id=200&time=2021-10-11T20:00:00&limit=7")
        assert [post["id"] for post in posts] == [post["id"] for post in known["recommendations"]]
        assert all(set(post) == {"id", "text", "topic"} for post in posts)


def test_a_folder_and_a_database_with_the_same_rows_make_the_same_release(
    postgres_url: str, tmp_path: Path
) -> None:
    folder = str(tmp_path / "tables")
    manifests: list[dict[str, Any]] = []
    for source in (folder, postgres_url):
        store = str(tmp_path / f"store-{len(manifests)}")
        assert python("train", "demo-data", "--out", source, *SIZE).returncode == 0
        assert python("train", "run", "--source", source, "--store", store).returncode == 0
        shown = python("artifacts", "show", "production", "--json", "--store", store)
        manifests.append(json.loads(shown.stdout))
    # The report alone differs: it names the source.
    files, others = (
        [file for file in manifest["files"] if file["path"] != layout.REPORT]
        for manifest in manifests
    )
    assert files == others
    assert manifests[0]["evaluation"] == manifests[1]["evaluation"]
    # The password, the user and the host's rest stay out of what many may read.
    assert manifests[1]["data"]["source"] == "postgresql://" + postgres_url.rpartition("@")[2]


def test_a_run_publishes_to_s3_and_is_served_from_there(
    s3_bucket: str, s3_admin: S3Client, tmp_path: Path
) -> None:
    folder, store = str(tmp_path / "tables"), f"s3://{s3_bucket}/lenta"
    assert python("train", "demo-data", "--out", folder, *SIZE).returncode == 0
    trained = python("train", "run", "--source", folder, "--store", store)
    assert trained.returncode == 0, trained.stderr
    keys = {entry["Key"] for entry in s3_admin.list_objects_v2(Bucket=s3_bucket)["Contents"]}
    assert "lenta/channels/production.json" in keys
    with served(store) as address:
        assert get(f"{address}/v1/recommendations?id=200")["source"] == "model"


def test_a_source_with_faults_ends_with_a_sentence_and_an_exit_code(
    postgres_url: str, tmp_path: Path
) -> None:
    done = python("train", "run", "--source", postgres_url, "--store", str(tmp_path / "store"))
    assert done.returncode == 1
    assert failure(done.stderr) == "the database has no table public.user_data"
    assert not (tmp_path / "store").exists()
