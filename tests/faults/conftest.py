"""A store whose server fails on demand, and the table of what came of it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.network import Network
from tests.support.s3_server import HOST, S3Server
from tools.faulty_s3 import FaultyS3
from tools.wsgi import listening

TABLE, COUNTS = Path(".bench/faults.json"), Path(".bench/publishing.json")


@dataclass(frozen=True)
class Row:
    """A fault that was tried: answered by what, how slowly, and when all was well again."""

    fault: str
    answered_by: str
    slowest_ms: float
    recovered_s: float


@pytest.fixture(scope="session")
def table() -> Iterator[list[Row]]:
    """The rows, written for `docs/benchmarks.md` when all faults were tried."""
    rows: list[Row] = []
    yield rows
    _write(TABLE, [vars(row) for row in rows])


@pytest.fixture(scope="session")
def counts() -> Iterator[dict[str, int]]:
    """How often publishers were killed and raced, written as the table is."""
    found: dict[str, int] = {}
    yield found
    _write(COUNTS, found)


def _write(file: Path, found: object) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(found, indent=2) + "\n")


@pytest.fixture
def network(
    running_s3: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Network]:
    server = FaultyS3(running_s3)
    with listening(server, HOST) as endpoint, ExitStack() as stack:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        yield Network(server, f"s3://{s3_bucket}/lenta", stack)
        server.heal()
