"""Looks the locked libraries up among the known vulnerabilities, and lists them as CycloneDX.

`make audit`: what it finds goes to standard output, the lists to build/sbom/. It ends with 0 only
if every library was looked up.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tools.pythons import python_with

PROJECT = Path(__file__).resolve().parent.parent
LOCKS = {"function": "handler/requirements.txt", "developers": "requirements.txt"}
"""What is locked for whom."""
FOLDER = PROJECT / "build" / "sbom"
SERVICES = (("--vulnerability-service", "osv"), ("--vulnerability-service", "pypi"))
"""Which of pip-audit's services are asked, until one knows of every library."""

CLEAN = 0
VULNERABLE = 1
UNKNOWN = 4

_TIMEOUT = "15"
_ADVISED = "{name} {version}: {id}, {fixed}: {description}"
_LONGEST = 200


@dataclass(frozen=True)
class Findings:
    """What is known of the libraries of a lock.

    Attributes:
        vulnerable: a sentence for each vulnerability.
        obstacles: why some or all were not looked up; none if all were.
        looked_up: how many were.
    """

    vulnerable: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    looked_up: int = 0


def bill_of_materials(lock: Path, out: Path) -> None:
    """Write the libraries of a lock, with their versions and hashes, as CycloneDX's JSON.

    The same lock gives the same bytes.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    _run(
        "cyclonedx-py", "requirements", str(lock), "--pyproject", str(PROJECT / "pyproject.toml"),
        "--output-format", "JSON", "--output-reproducible", "--output-file", str(out),
    ).check_returncode()  # fmt: skip


def look_up(lock: Path, services: Sequence[tuple[str, ...]] = SERVICES) -> Findings:
    """Ask the services for the libraries of a lock, the next where one does not know all.

    Args:
        lock: pinned; what other systems than this one install is passed over.
        services: options of pip-audit.
    """
    obstacles: tuple[str, ...] = ()
    found = Findings()
    for service in services:
        found = _asked(lock, service)
        if found.vulnerable or not found.obstacles:
            return found
        obstacles += found.obstacles
    return replace(found, obstacles=obstacles)


def main() -> int:
    """Do all of it, and return the exit code."""
    exit_code = CLEAN
    for name, lock in LOCKS.items():
        out = FOLDER / f"{name}.json"
        bill_of_materials(PROJECT / lock, out)
        print(f"{lock}: listed in {out.relative_to(PROJECT)}")
        exit_code = exit_code_of(lock, look_up(PROJECT / lock), exit_code)
    return exit_code


def exit_code_of(lock: str, found: Findings, before: int = CLEAN) -> int:
    """Say what was found, and return the exit code; a vulnerability weighs most."""
    for sentence in found.vulnerable:
        print(f"{lock}: {sentence}")
    for obstacle in found.obstacles:
        print(f"{lock}: NOT AUDITED, but for {found.looked_up} libraries: {obstacle}")
    if not found.vulnerable and not found.obstacles:
        print(f"{lock}: {found.looked_up} libraries, none with a known vulnerability")
    codes = {before, VULNERABLE if found.vulnerable else UNKNOWN if found.obstacles else CLEAN}
    return next(code for code in (VULNERABLE, UNKNOWN, CLEAN) if code in codes)


def _asked(lock: Path, service: tuple[str, ...]) -> Findings:
    # A lock is complete, with hashes or without: nothing must be resolved.
    done = _run(
        "pip-audit", "--requirement", str(lock), "--disable-pip", "--no-deps", *service,
        "--format", "json", "--desc", "--progress-spinner", "off", "--timeout", _TIMEOUT,
    )  # fmt: skip
    try:
        libraries = json.loads(done.stdout)["dependencies"]
    except ValueError:
        said = done.stderr.strip().splitlines() or [f"pip-audit ended with {done.returncode}"]
        return Findings(obstacles=(f"{service[1]}: {said[-1][:_LONGEST]}",))
    # By itself pip-audit says "no known vulnerabilities" of what it has skipped.
    skipped = [each["skip_reason"] for each in libraries if "skip_reason" in each]
    known = [each for each in libraries if "skip_reason" not in each]
    vulnerable = tuple(sentence for each in known for sentence in _sentences(each))
    why = f"{service[1]}: {len(skipped)} are unknown to it; {skipped[0]}" if skipped else ""
    return Findings(vulnerable, (why,) if why else (), len(known))


def _sentences(library: dict[str, Any]) -> Iterator[str]:
    for one in library["vulns"]:
        fixes = one["fix_versions"]
        yield _ADVISED.format(
            name=library["name"],
            version=library["version"],
            id=one["id"],
            fixed=f"fixed in {', '.join(fixes)}" if fixes else "not fixed yet",
            description=" ".join(one.get("description", "").split())[:_LONGEST],
        )


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    python = python_with("audit", f"{sys.version_info.major}.{sys.version_info.minor}")
    return subprocess.run(  # noqa: S603 - our own arguments
        [str(python.with_name(program)), *arguments], capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
