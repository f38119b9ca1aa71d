"""`make audit`: lists of the locked libraries, and a clean bill only where all were looked up."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import PROJECT
from tests.support.http_server import running
from tools.audit import (
    CLEAN,
    LOCKS,
    UNKNOWN,
    VULNERABLE,
    Findings,
    bill_of_materials,
    exit_code_of,
    look_up,
)
from tools.postgres import free_port

pytestmark = pytest.mark.slow

LOCK = (
    "fastapi==0.165.0\nidna==3.20 ; python_version > '3'\ncolorama==1 ; sys_platform == 'win32'\n"
)
ADVICE = {
    "id": "PYSEC-2026-1", "details": "Loops\nfor ever.", "aliases": ["CVE-2026-1"],
    "affected": [{
        "package": {"ecosystem": "PyPI", "name": "idna"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.21"}]}],
        "versions": ["3.20"],
    }],
}  # fmt: skip


class Osv(ThreadingHTTPServer):
    """What answers as osv.dev does: advice on the libraries that are named, and 500 if it fails."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.advice: dict[str, list[dict[str, Any]]] = {}
        self.asked: set[tuple[str, str]] = set()
        self.fails = False

    @property
    def service(self) -> tuple[str, ...]:
        """The options of pip-audit that let it ask here."""
        url = f"http://127.0.0.1:{self.server_port}/v1/query"
        return ("--vulnerability-service", "osv", "--osv-url", url)


class _Answer(BaseHTTPRequestHandler):
    server: Osv

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = query["package"]["name"]
        self.server.asked.add((name, query["version"]))
        advice = self.server.advice.get(name)
        self.send_response(500 if self.server.fails else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"vulns": advice} if advice else {}).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture
def osv(monkeypatch: pytest.MonkeyPatch) -> Iterator[Osv]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(Osv()) as server:
        yield server


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(LOCK)
    return path


def locked(lock: Path) -> list[tuple[str, str, frozenset[str]]]:
    """Name, version and sha256s of each library, as the lock has them."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(r"^([\w.-]+)==([^\s;]+)(.*)$", text, re.MULTILINE)
    return sorted(
        (name, version, frozenset(re.findall(r"sha256:(\w{64})", rest)))
        for name, version, rest in found
    )


def listed(file: Path) -> list[tuple[str, str, frozenset[str]]]:
    """The same, as the list has them."""
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["bomFormat"] == "CycloneDX"
    return sorted(
        (
            each["name"],
            each["version"],
            frozenset(
                made["content"]
                for reference in each["externalReferences"]
                for made in reference.get("hashes", ())
            ),
        )
        for each in document["components"]
    )


@pytest.mark.parametrize("name", LOCKS)
def test_the_list_holds_exactly_what_is_locked(name: str, tmp_path: Path) -> None:
    file, again = tmp_path / "new" / "one.json", tmp_path / "two.json"
    bill_of_materials(PROJECT / LOCKS[name], file)
    assert listed(file) == locked(PROJECT / LOCKS[name])
    assert len(listed(file)) > 20
    bill_of_materials(PROJECT / LOCKS[name], again)
    assert again.read_bytes() == file.read_bytes()


def test_every_library_of_the_function_is_listed_with_its_hashes(tmp_path: Path) -> None:
    bill_of_materials(PROJECT / LOCKS["function"], tmp_path / "list.json")
    assert all(hashes for _, _, hashes in listed(tmp_path / "list.json"))


def test_it_is_clean_where_all_were_looked_up_and_nothing_is_known(
    osv: Osv, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = look_up(lock, [osv.service])
    assert osv.asked == {("fastapi", "0.165.0"), ("idna", "3.20")}
    assert found == Findings(looked_up=2)
    assert exit_code_of("a lock", found) == CLEAN
    assert "2 libraries, none with a known vulnerability" in capsys.readouterr().out


def test_a_vulnerability_is_told_with_what_mends_it(
    osv: Osv, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    osv.advice["idna"] = [ADVICE]
    assert exit_code_of("a lock", look_up(lock, [osv.service])) == VULNERABLE
    told = capsys.readouterr().out
    assert "a lock: idna 3.20: PYSEC-2026-1, fixed in 3.21: Loops for ever." in told


def test_a_service_that_fails_or_cannot_be_reached_is_not_taken_for_a_clean_bill(
    osv: Osv, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    osv.fails = True
    nowhere = (*osv.service[:3], f"http://127.0.0.1:{free_port()}")
    for service in (osv.service, nowhere):
        found = look_up(lock, [service])
        assert found.looked_up == 0
        assert exit_code_of("a lock", found) == UNKNOWN
        assert "a lock: NOT AUDITED" in capsys.readouterr().out


def test_the_next_service_is_asked_where_one_does_not_answer(osv: Osv, lock: Path) -> None:
    nowhere = (*osv.service[:3], f"http://127.0.0.1:{free_port()}")
    assert look_up(lock, [nowhere, osv.service]) == Findings(looked_up=2)


def test_of_several_locks_the_worst_decides() -> None:
    unknown, vulnerable = Findings(obstacles=("nobody answers",)), Findings(("a hole",))
    assert exit_code_of("lock", unknown, VULNERABLE) == VULNERABLE
    assert exit_code_of("lock", vulnerable, UNKNOWN) == VULNERABLE
    assert exit_code_of("lock", Findings(looked_up=1), UNKNOWN) == UNKNOWN
