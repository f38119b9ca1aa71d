"""What README.md and docs/ tell people to run runs, what they show is answered, links lead on."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from tests.support.documents import DOCUMENTS, PROJECT, Block, anchors, blocks, links
from tests.support.releases import Trained
from tools.postgres import free_port
from train import demo_data

RUN_BY = {
    "sh": ["sh", "-e", "-c"],
    "python": ["python", "-c"],
    "js": ["node", "--input-type=module", "-e"],
}

NOT_RUN = {
    "make demo": "test_demo.py does what it does",
    "make test": "runs these tests",
    "python -m handler --store .demo/store --port 8000": "serves on; the fixture `api` runs it",
    "python -m train run --source SOURCE --store STORE --test-from 2021-12-01": "wants a December",
    "make quick": "runs some of these tests",
    "make check": "CI runs it",
    "python -m train run --source postgresql://… --store s3://the-bucket/of-the-stack": "wants AWS",
    "python -m handler --store FOLDER --port 8001": "serves on; the fixture `api` runs it",
    "python -m artifacts rollback --store STORE": "wants two releases; test_cli.py does it",
    "make .venv-bench/ready": "wants CatBoost, 100 MB",
    ".venv-bench/bin/python -m train evaluate --source SOURCE": "the same",
    (
        ".venv-bench/bin/python -m train evaluate --source SOURCE --test-from 2021-12-01 "
        "--report docs/evaluation/network.md"
    ): "wants a December",
    ".venv-bench/bin/python -m tools.bench lift": "takes minutes; test_protocol.py does it small",
    ".venv-bench/bin/python -m tools.bench size": "takes half an hour; test_texts_outside.py small",
    ".venv-sam/bin/sam build": "the fixture `built_function` runs it",
    ".venv-sam/bin/sam build && .venv-sam/bin/sam deploy": "test_sam_deploy.py, in an emulator",
    ".venv-sam/bin/sam deploy --region eu-central-1": "the same",
    ".venv-sam/bin/sam delete": "the same",
    ".venv-sam/bin/sam local invoke --event events/recommendations-v2.json": "test_sam_local.py",
    ".venv-sam/bin/sam local invoke --skip-pull-image --event events/rerank-v2.json": "the same",
    ".venv-sam/bin/sam local start-api --warm-containers LAZY": "the same",
    ".venv-sam/bin/sam deploy --parameter-overrides FreshShare=0.2": "tests/stack passes it",
    ".venv-sam/bin/sam deploy --parameter-overrides FeedPage=No": "the same",
    (
        "python -m train experiment --exposures LOG --source SOURCE --json result.json"
    ): "wants a log and later likes; test_experiment.py makes both",
    "make .venv-mlflow/ready": "the fixture `mlflow_python` does",
    ".venv-mlflow/bin/python -m train run --source SOURCE --store STORE": "test_tracking.py does",
    (
        "uv venv .venv-mlflow-server && uv pip install "
        "--python .venv-mlflow-server/bin/python mlflow"
    ): "wants all of MLflow, 300 MB",
    "make audit": "wants a service on the network; tests/tools/test_audit.py has its own",
    ".venv-sam/bin/sam deploy --parameter-overrides VerifyReleases=Yes": "tests/stack passes it",
    "make bench-scale": "takes an hour; tests/tools/test_scale.py does it small",
    (
        "python -m train run --source postgresql://… --archive s3://bucket/feed "
        "--store s3://bucket/lenta --cluster tcp://scheduler:8786"
    ): "wants a cluster; test_cluster.py has one",
    "make test-sam": "runs test_sam_local.py",
    "make test-deploy": "runs test_sam_deploy.py",
    ".venv/bin/python -m pytest tests/end_to_end/test_lambda_runtime.py": "is one of these tests",
}
"""Commands in blocks that are not run, and why not."""

COMMAND = re.compile(r"^(?:\$ )?((?:\S*/)?(?:python3?|curl|node|make|sam|uv|pip|echo)\s.*)")
API = "http://127.0.0.1:8000"
DATABASE = "postgresql://reader:secret@host:5432/network"

BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]
RUN = [block for block in BLOCKS if block.language in RUN_BY]
EXAMPLES = [
    (asked, answered)
    for document in DOCUMENTS
    for asked, answered in pairwise(blocks(document))
    if asked.language in ("sh", "http") and answered.language == "json"
]

RunBlock = Callable[[Block], str]


@pytest.fixture(scope="module")
def api(trained: Trained) -> Iterator[str]:
    """The address of the trained release, served by the documented command."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "handler", "--store", str(trained.store), "--port", str(port)]
    ) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address)
            yield address
        finally:
            server.terminate()


@pytest.fixture
def run_block(
    request: pytest.FixtureRequest, tmp_path: Path, api: str, trained: Trained
) -> RunBlock:
    """Runs a block where what it names exists, and gives what it prints.

    `SOURCE` and `STORE` are in the working folder, `FOLDER` is not. Addresses and ids are replaced
    by those that exist here, and demo data are of 2,000 readers, however many the document says.
    """
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".curlrc").write_text("fail\nsilent\nshow-error\n")
    (tmp_path / "SOURCE").symlink_to(trained.source)
    shutil.copytree(trained.store, tmp_path / "STORE")
    environment = {
        **os.environ,
        "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
        "PYTHONPATH": f"{PROJECT}:{PROJECT / 'client'}",
        "CURL_HOME": str(tmp_path),
        "NO_PROXY": "127.0.0.1",
        # Threads that wait busily take minutes where other programs run.
        "OMP_WAIT_POLICY": "passive",
    }

    def run(block: Block) -> str:
        program = "curl" if block.text.startswith("curl ") else RUN_BY[block.language][0]
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on this machine")
        text = block.text.replace(API, api)
        text = re.sub(r"\b\d{8}T\d{6}Z-[0-9a-f]{8}\b", trained.manifest.release, text)
        text = re.sub(r"--users \d+", "--users 2000", text)
        if DATABASE in text:
            url = request.getfixturevalue("postgres_url")
            shutil.rmtree(tmp_path / "STORE")  # it serves another network
            demo_data.write(url, users=400, posts=200, days=10, seed=12)
            text = text.replace(DATABASE, url)
        done = subprocess.run(
            [*RUN_BY[block.language], text],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


@pytest.mark.slow
@pytest.mark.parametrize("block", RUN, ids=lambda block: block.place)
def test_what_a_document_says_to_run_runs(block: Block, run_block: RunBlock) -> None:
    assert run_block(block).strip()


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "shown"), EXAMPLES, ids=lambda block: block.place)
def test_an_answer_has_the_form_that_a_document_shows(
    asked: Block, shown: Block, api: str, run_block: RunBlock
) -> None:
    answer = run_block(asked) if asked.language == "sh" else _ask(api, asked.text).text
    assert _form(json.loads(answer)) == _form(json.loads(shown.text))


@pytest.mark.slow
def test_a_refused_call_gets_the_sentence_that_the_reference_shows(api: str) -> None:
    reference = (PROJECT / "docs/reference/api.md").read_text(encoding="utf-8")
    shown = re.search(r"^(GET .*)\n\n422 (\{.*\})$", reference, re.MULTILINE)
    assert shown is not None
    answer = _ask(api, shown[1])
    assert (answer.status_code, answer.json()) == (422, json.loads(shown[2]))


def test_commands_in_blocks_that_are_not_run_are_known_ones() -> None:
    lines = [line for block in BLOCKS if block not in RUN for line in block.text.splitlines()]
    commands = [command[1] for line in lines if (command := COMMAND.match(line))]
    assert {re.sub(r"\s+#.*", "", command) for command in commands} == set(NOT_RUN)


def test_both_readmes_show_the_same_blocks() -> None:
    english, russian = (blocks(PROJECT / name) for name in ("README.md", "README.ru.md"))
    assert [(block.language, block.text) for block in russian] == [
        (block.language, block.text) for block in english
    ]


def test_every_answer_that_a_document_shows_follows_its_request() -> None:
    assert [block for block in BLOCKS if block.language == "json"] == [
        shown for _, shown in EXAMPLES
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    assert [link for link in links(document) if not _leads_somewhere(document, link)] == []


def _leads_somewhere(document: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True  # another site
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    return target.exists() and (not anchor or anchor in anchors(target))


def _form(value: object) -> object:
    """Its keys and types; of a list those of its items, each once."""
    if isinstance(value, dict):
        return {key: _form(item) for key, item in value.items()}
    if isinstance(value, list):
        forms = [_form(item) for item in value]
        return [form for place, form in enumerate(forms) if form not in forms[:place]]
    return type(value).__name__


def _ask(api: str, text: str) -> httpx.Response:
    """Send a request as it is written in a document: its line, its headers, a blank, its body."""
    head, _, body = text.strip().partition("\n\n")
    line, *headers = head.splitlines()
    method, _, path = line.partition(" ")
    return httpx.request(
        method, api + path, content=body, trust_env=False,
        headers=dict(header.split(": ", 1) for header in headers),
    )  # fmt: skip


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            httpx.get(f"{address}/healthz", trust_env=False).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nobody listens at {address}")
