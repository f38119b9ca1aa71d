"""A private Docker engine, without any registry: what runs in it, and that nothing of it stays."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tools.base_image import STAND_IN_LABEL, NoBaseImageError, provide_base_image
from tools.docker_engine import DockerEngine, NoDockerEngineError, docker_engine
from tools.runtime import runtime_python, supported_python

pytestmark = pytest.mark.slow

NOBODY_ANSWERS = "unix:///nonexistent/docker.sock"
NETWORK_INTERFACES = Path("/sys/class/net")
NO_REGISTRY = "http://127.0.0.1:9"  # a proxy that is not there


@pytest.fixture(scope="module")
def version() -> str:
    found = supported_python()
    if found is None:
        pytest.skip("none of Lambda's Pythons is on this machine")
    return found


@pytest.fixture(scope="module")
def engine(version: str) -> Iterator[DockerEngine]:
    """A private engine that reaches no registry."""
    runtime_python(version)  # a part of the stand-in, and still within reach
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", NOBODY_ANSWERS)
        patch.setenv("HTTPS_PROXY", NO_REGISTRY)
        try:
            with docker_engine() as started:
                yield started
        except NoDockerEngineError as error:
            pytest.skip(str(error))


@pytest.fixture(scope="module")
def stand_in(engine: DockerEngine, version: str) -> str:
    return provide_base_image(engine, version)


def test_a_stand_in_is_marked_as_one(engine: DockerEngine, stand_in: str) -> None:
    template = f'{{{{index .Config.Labels "{STAND_IN_LABEL}"}}}}'

    assert engine.docker("image", "inspect", "--format", template, stand_in).strip() == "true"


def test_a_stand_in_runs_the_functions_python(
    engine: DockerEngine, stand_in: str, version: str
) -> None:
    program = "import awslambdaric, ssl, sys; print('%d.%d' % sys.version_info[:2])"

    printed = engine.docker(
        "run", "--rm", "--env", "PYTHONPATH=/var/runtime",
        "--entrypoint", f"python{version}", stand_in, "-c", program,
    )  # fmt: skip

    assert printed.strip() == version


def test_somebodys_own_engine_gets_no_stand_in(engine: DockerEngine) -> None:
    theirs, absent = replace(engine, private=False), "3.99"

    with pytest.raises(NoBaseImageError, match=r"has no .*python:3\.99-x86_64 and cannot pull it"):
        provide_base_image(theirs, absent)
    assert engine.docker("images", "--quiet", "public.ecr.aws/lambda/python:3.99-x86_64") == ""


def test_a_stand_in_is_not_made_of_a_python_that_is_not_there(engine: DockerEngine) -> None:
    with pytest.raises(NoBaseImageError, match=r"takes an x86_64 machine with python3\.99"):
        provide_base_image(engine, "3.99")


def test_an_engine_that_answers_is_used_and_left_running(
    engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.host)

    with docker_engine() as found:
        assert found == replace(engine, private=False)

    assert engine.docker("version", "--format", "{{.Server.Version}}").strip()


def test_a_private_engine_leaves_nothing_behind(
    stand_in: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOBODY_ANSWERS)
    monkeypatch.setenv("HTTPS_PROXY", NO_REGISTRY)
    with docker_engine() as engine:
        folder = engine.host.removeprefix("unix://").removesuffix("/docker.sock")
        provide_base_image(engine, version)
        container = engine.docker("run", "--detach", "--entrypoint", "sleep", stand_in, "600")
        program = engine.docker("inspect", "--format", "{{.State.Pid}}", container.strip()).strip()
        assert Path("/proc", program).exists()
        assert folder in _mounts()
        assert len(_processes(folder)) >= 3  # dockerd, containerd, the container's shim
        bridge = NETWORK_INTERFACES / f"lenta{engine.gateway.split('.')[2]}"
        links = [NETWORK_INTERFACES / link.name for link in (bridge / "brif").iterdir()]
        assert len(links) == 1

    assert not Path("/proc", program).exists()
    assert folder not in _mounts()
    assert _processes(folder) == []
    assert [path for path in (bridge, *links) if path.exists()] == []
    assert not Path(folder).exists()


def test_a_block_that_fails_leaves_no_engine_either(
    engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOBODY_ANSWERS)
    started: list[DockerEngine] = []

    with pytest.raises(ZeroDivisionError):
        _divide_by_zero_in_an_engine(started)

    (failed,) = started
    assert failed.host != engine.host
    assert _processes(failed.host.removeprefix("unix://")) == []


def test_where_no_engine_can_be_started_a_sentence_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOBODY_ANSWERS)
    monkeypatch.setenv("PATH", str(tmp_path))  # where no program is
    reason = "apt-get install docker.io" if os.geteuid() == 0 else "only root can start one"
    with pytest.raises(NoDockerEngineError, match=reason), docker_engine():
        pass


def _divide_by_zero_in_an_engine(started: list[DockerEngine]) -> None:
    with docker_engine() as found:
        started.append(found)
        _ = 1 / 0


def _processes(word: str) -> list[str]:
    """The command lines, of this machine's processes, that contain a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            found.append(path.read_bytes().decode(errors="replace"))
    return [line for line in found if word in line]


def _mounts() -> str:
    return Path("/proc/self/mounts").read_text(encoding="utf-8")
