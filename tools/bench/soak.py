"""A long load while releases change every few seconds, and the store fails and recovers.

Every answer is compared with what the release that it names answers when it is asked alone.
"""

import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from artifacts.moves import promote
from artifacts.stores import open_store
from tools import faulty_s3
from tools.bench.table import FOLDER, Measured
from tools.bench.truth import Answer, Truth, answer_of, publish_two
from tools.faulty_s3 import FaultyS3
from tools.postgres import free_port
from tools.processes import listens, wait_until
from tools.wsgi import listening

REQUESTS, WARM_UP = 100_000, 20_000
CONNECTIONS = 4
CHANGE_SECONDS, FAULT_SECONDS, WELL_SECONDS = 3.0, 4.0, 6.0
FOLLOW_SECONDS = 1
_START_SECONDS = 30
_BUCKET = "soak"
_HOST = "127.0.0.1"
_LOG = FOLDER / "soak.log"
_FAULTS = {
    "403": faulty_s3.answers(HTTPStatus.FORBIDDEN, "AccessDenied"),
    "404": faulty_s3.answers(HTTPStatus.NOT_FOUND, "NoSuchKey"),
    "500": faulty_s3.answers(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError"),
    "503": faulty_s3.answers(HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown"),
    "stalls": faulty_s3.stalls,
    "body cut": faulty_s3.cuts,
    "bit flipped": faulty_s3.flips,
}
_PARTS = ("", "channels/", "ranker.onnx", "posts.parquet", "users/", "manifest.json")


class Load:
    """What was asked and answered, by several threads.

    Args:
        port: of the server.
        truth: what each release must answer.
        pid: of the server.
    """

    def __init__(self, port: int, truth: Truth, pid: int) -> None:
        self._port, self._truth, self._pid = port, truth, pid
        self._numbers = itertools.count()
        self._readers = random.Random(1).choices(truth.readers, k=REQUESTS)  # noqa: S311 - nothing secret
        self.outcomes: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.memory: list[tuple[int, float]] = []

    def run(self) -> None:
        """Ask until all was asked."""
        threads = [threading.Thread(target=self._ask) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _ask(self) -> None:
        connection = HTTPConnection(_HOST, self._port, timeout=30)
        while (number := next(self._numbers)) < REQUESTS:
            reader = self._readers[number]
            began = time.perf_counter()
            try:
                connection.request("GET", self._truth.path(reader))
                response = connection.getresponse()
                status, body = response.status, response.read()
            except (OSError, HTTPException):
                connection.close()
                status, body = 0, b""
            self.seconds.append(time.perf_counter() - began)
            self.outcomes[self._outcome(reader, status, body)] += 1
            if number % 200 == 0:
                self.memory.append((number, _megabytes(self._pid)))

    def _outcome(self, reader: int, status: int, body: bytes) -> str:
        if status != HTTPStatus.OK:
            return f"failed: {status}"
        answer: Answer = answer_of(json.loads(body))
        return answer.source if answer == self._truth.answer(answer, reader) else "wrong"


def measure() -> Measured:
    """The counts of a soak, and the memory before and after."""
    with _bucket() as server:
        url = f"s3://{_BUCKET}/lenta"
        truth = publish_two(open_store(url))
        port = free_port()
        with (
            _LOG.open("w") as log,
            listening(server, _HOST) as endpoint,
            _served(url, port, endpoint, log.fileno()) as process,
        ):
            load = Load(port, truth, process.pid)
            over = threading.Event()
            changes = [0]
            meddlers = [
                threading.Thread(target=_change, args=(url, truth, over, changes)),
                threading.Thread(target=_fail, args=(server, over)),
            ]
            for meddler in meddlers:
                meddler.start()
            began = time.monotonic()
            try:
                load.run()
            finally:
                over.set()
                for meddler in meddlers:
                    meddler.join()
            seconds = time.monotonic() - began
        switches = _LOG.read_text().count('"ReleaseLoaded":')
    early = [mb for number, mb in load.memory if WARM_UP <= number < 2 * WARM_UP]
    late = [mb for number, mb in load.memory if number >= REQUESTS - WARM_UP]
    growth = statistics.median(late) / statistics.median(early) - 1
    wrong = load.outcomes["wrong"]
    failed = sum(count for name, count in load.outcomes.items() if name.startswith("failed"))
    slow = statistics.quantiles(load.seconds, n=1000)
    rows = (
        ("requests", load.outcomes.total()),
        ("wrong answers", wrong),
        ("failed answers", failed),
        *((f"answered as {name}", count) for name, count in sorted(load.outcomes.items())),
        ("promotions", changes[0]),
        ("releases the server changed to", switches),
        ("seconds", seconds),
        ("p50, ms", slow[499] * 1000),
        ("p99.9, ms", slow[998] * 1000),
        ("slowest, ms", max(load.seconds) * 1000),
        ("memory after warm-up, MB", statistics.median(early)),
        ("memory at the end, MB", statistics.median(late)),
        ("growth, %", growth * 100),
    )
    return Measured(
        "soak", "A soak while releases change and faults come and go", ("", "value"), rows
    )


def _change(url: str, truth: Truth, over: threading.Event, changes: list[int]) -> None:
    store = open_store(url)
    for release in itertools.cycle(truth.releases):
        if over.wait(CHANGE_SECONDS):
            return
        promote(store, release)
        changes[0] += 1


def _fail(server: FaultyS3, over: threading.Event) -> None:
    kinds = [*itertools.product(_PARTS, _FAULTS.values())]
    random.Random(2).shuffle(kinds)  # noqa: S311 - nothing secret
    for part, fault in itertools.cycle(kinds):
        if over.wait(WELL_SECONDS):
            return
        server.break_down(part, fault)
        over.wait(FAULT_SECONDS)
        server.heal()


@contextmanager
def _bucket() -> Iterator[FaultyS3]:
    """A bucket, to which the environment points, and the server through which it fails."""
    behind = DomainDispatcherApplication(create_backend_app)
    with listening(behind, _HOST) as endpoint:
        environment = {
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            boto3.client("s3").create_bucket(Bucket=_BUCKET)
            yield FaultyS3(behind)
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def _served(url: str, port: int, endpoint: str, log: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "handler", "--store", url, "--port", str(port)]
    environment = {
        **os.environ,
        "LENTA_FOLLOW_SECONDS": str(FOLLOW_SECONDS),
        "AWS_ENDPOINT_URL_S3": endpoint,
    }
    with subprocess.Popen(command, env=environment, stdout=log) as process:  # noqa: S603 - our own
        try:
            if not wait_until(lambda: listens(port), process, _START_SECONDS):
                raise SystemExit("the app does not listen")
            yield process
        finally:
            process.terminate()


def _megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return float("nan")
