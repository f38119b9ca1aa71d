"""The workflows, and the training script run as its workflow runs it."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from mypy_boto3_s3 import S3Client

from artifacts.channel import read_channel
from artifacts.release import list_releases
from artifacts.stores import open_store
from tests.support.documents import PROJECT
from tests.support.s3_server import REGION
from train import demo_data

WORKFLOWS = {path.stem: path for path in (PROJECT / ".github/workflows").glob("*.yml")}
HOW_TO = PROJECT / "docs/how-to/train-in-ci.md"

Workflow = dict[str, Any]
Run = Callable[[str], subprocess.CompletedProcess[str]]


def workflow(name: str) -> Workflow:
    # YAML 1.1 reads the key `on` as a boolean.
    document = yaml.safe_load(WORKFLOWS[name].read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in document.items()}


def steps(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow(name)["jobs"][name]["steps"]
    return found


def script(step: str) -> str:
    """What the training workflow runs in a step."""
    [found] = [str(each["run"]) for each in steps("train") if each.get("name") == step]
    return found


def documented(section: str) -> set[str]:
    """The names in the first column of the table of a section of the how-to."""
    text = HOW_TO.read_text(encoding="utf-8").partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\|(.*?)\|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_every_action_is_pinned_by_its_commit_and_keeps_no_credentials(name: str) -> None:
    lines = re.findall(r"uses: .*", WORKFLOWS[name].read_text(encoding="utf-8"))
    assert lines
    for line in lines:
        assert re.fullmatch(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


@pytest.mark.parametrize(
    ("name", "rights"),
    [
        ("ci", {"contents": "read"}),
        ("train", {"contents": "read", "id-token": "write"}),
        ("refresh", {"contents": "read", "id-token": "write"}),
        ("deploy", {"contents": "read", "id-token": "write"}),
    ],
)
def test_a_workflow_has_the_rights_it_needs_and_no_others(
    name: str, rights: dict[str, str]
) -> None:
    described = workflow(name)
    assert described["permissions"] == {}
    assert [job["permissions"] for job in described["jobs"].values()] == [rights]


def test_no_workflow_keeps_a_key_of_aws() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS.values())
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"LENTA_SOURCE"}
    assert "access-key" not in text.lower()


def test_the_variables_that_workflows_need_are_the_documented_ones() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS.values())
    needed = re.findall(r"\$\{\{ (?:vars|secrets)\.(\w+) \}\}", text)
    assert set(needed) == documented("What it needs")


def test_training_is_scheduled_and_never_overlaps() -> None:
    described = workflow("train")
    assert set(described["on"]) == {"schedule", "workflow_dispatch"}
    assert described["concurrency"] == {"group": "train", "cancel-in-progress": False}


def test_refreshes_are_hourly_and_never_overlap() -> None:
    described = workflow("refresh")
    assert re.fullmatch(r"\d+ \* \* \* \*", described["on"]["schedule"][0]["cron"])
    assert described["concurrency"] == {"group": "refresh", "cancel-in-progress": False}


def test_the_script_of_the_schedule_is_that_of_the_documents() -> None:
    assert script("Train") in HOW_TO.read_text(encoding="utf-8")
    assert script("Train").split()[0] in (PROJECT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clean copy of the project, with the environment that `make` has made already, if it has."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    copy = tmp_path / "checkout"
    for name in listed.stdout.split("\0"):
        if (PROJECT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            # With its time, by which `make` decides whether the environment is up to date.
            shutil.copy2(PROJECT / name, copy / name)
    if (PROJECT / ".venv").exists():
        (copy / ".venv").symlink_to(PROJECT / ".venv")
    return copy


@pytest.fixture
def bucket(s3_bucket: str) -> str:
    """A bucket that this process can read, too."""
    return s3_bucket


@pytest.fixture
def environment(tmp_path: Path, postgres_url: str, s3_endpoint: str, bucket: str) -> dict[str, str]:
    """The documented variables and no others."""
    variables = {
        "LENTA_SOURCE": postgres_url.replace("postgres@", "postgres:secret@"),
        "LENTA_STORE": f"s3://{bucket}/lenta",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_ENDPOINT_URL_S3": s3_endpoint,
    }
    assert set(variables) == documented("The script")
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home), **variables}


@pytest.fixture
def run(checkout: Path, environment: dict[str, str]) -> Run:
    """Runs a script as GitHub does."""

    def in_bash(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-e", "-c", text],
            cwd=checkout, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return in_bash


POPULARITY_IS_ALL = "UPDATE feed_data SET target = (post_id % 3 = 0)::int WHERE action = 'view'"
"""Some posts are liked by everyone and no other ever: nothing ranks better than popularity."""


def test_a_schedule_publishes_what_is_new_and_serves_what_passes_its_gate(
    run: Run, checkout: Path, postgres_url: str, s3_admin: S3Client, bucket: str
) -> None:
    store = open_store(f"s3://{bucket}/lenta")
    demo_data.write(postgres_url, users=400, posts=200, days=10, seed=12)

    def objects() -> dict[str, Any]:
        listed = s3_admin.list_objects_v2(Bucket=bucket)
        return {each["Key"]: (each["ETag"], each["LastModified"]) for each in listed["Contents"]}

    def train() -> tuple[int, str]:
        done = run(script("Train"))
        report = (checkout / "report.md").read_text(encoding="utf-8")
        assert report.splitlines()[0] in done.stdout.splitlines()
        assert "secret" not in done.stdout + done.stderr + report
        return done.returncode, report

    code, report = train()
    [first] = list_releases(store)
    assert (code, report.splitlines()[0]) == (0, f"Release {first} is served")
    served = read_channel(store)
    assert served is not None
    assert served.arms[0].release == first

    before = objects()
    code, report = train()
    assert (code, report) == (0, f"Nothing new since release {first}: nothing was trained\n")
    assert objects() == before

    with psycopg2.connect(postgres_url) as database, database.cursor() as session:
        session.execute(POPULARITY_IS_ALL)
    database.close()
    code, report = train()
    _, second = list_releases(store)
    assert code == 5
    assert report.startswith(f"Release {second} is published and not served: hit_rate@5 of lenta")
    assert read_channel(store) == served

    before = objects()
    code, again = train()
    assert code == 5
    assert again.startswith(f"Nothing new since release {second}, which is not served: hit_rate@5")
    assert objects() == before
    assert run(script("Say what failed")).stdout == f"::error title=Training::{again}"

    # Both are younger than a day.
    assert run(script("Remove what nothing needs")).stdout == "nothing to remove\n"
    assert list_releases(store) == [first, second]


def test_a_schedule_without_its_variables_says_which_it_needs(checkout: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "LENTA_SOURCE": "", "LENTA_STORE": ""}
    done = subprocess.run(
        ["bash", "-e", "-c", script("Train")],
        cwd=checkout, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Say --source, or set LENTA_SOURCE" in done.stderr
