"""A Docker engine: the one that answers here, or a private one that is gone when the block ends."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.processes import tail, wait_until

PACKAGES = "docker.io containerd runc busybox-static iproute2"
"""What Debian calls the programs that a private engine is made of."""

_USUAL_HOST = "unix:///var/run/docker.sock"
_PROGRAMS = ("dockerd", "docker", "containerd", "runc", "ip", "setpriv")
_ANSWER_SECONDS = 20
_START_SECONDS = 60
_STOP_SECONDS = 60


class NoDockerEngineError(RuntimeError):
    """No engine answers and none can be started; the message says what is missing."""


@dataclass(frozen=True)
class DockerEngine:
    """An engine that answers.

    Attributes:
        host: its address, as DOCKER_HOST wants it.
        gateway: the IPv4 address at which containers on its default network reach this machine.
        private: whether it was started for us alone, and all its images end with it.
    """

    host: str
    gateway: str
    private: bool

    def environment(self) -> dict[str, str]:
        """This process's environment, in which programs talk to this engine and no other."""
        return _environment(self.host)

    def docker(self, *arguments: str, seconds: float = 120) -> str:
        """What the command `docker …` prints.

        Raises:
            subprocess.CalledProcessError: it failed; its complaint is in `stderr`.
            subprocess.TimeoutExpired: it took longer than `seconds`.
        """
        return _run("docker", *arguments, seconds=seconds, environment=self.environment())


@contextmanager
def docker_engine() -> Iterator[DockerEngine]:
    """The engine at DOCKER_HOST or its usual address, or else one started for this block.

    A private engine keeps everything in a folder of its own, and has a network of its own over
    which containers reach this machine: neither its firewall nor its forwarding is touched.

    Raises:
        NoDockerEngineError: none answers and none can be started, or it has no network.
    """
    host = os.environ.get("DOCKER_HOST") or _USUAL_HOST
    if _answers(host):
        yield DockerEngine(host, _gateway(host), private=False)
    else:
        with _private_engine() as engine:
            yield engine


@contextmanager
def _private_engine() -> Iterator[DockerEngine]:
    if os.geteuid() != 0:
        raise NoDockerEngineError("no Docker engine answers, and only root can start one")
    if missing := [program for program in _PROGRAMS if shutil.which(program) is None]:
        raise NoDockerEngineError(
            f"no Docker engine answers, and to start one {', '.join(missing)} would have to be "
            f"installed: apt-get install {PACKAGES}"
        )
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="lenta-docker-"))  # short: sockets lie in it
        stack.callback(shutil.rmtree, folder)
        stack.callback(_unmount, folder)
        bridge, gateway = stack.enter_context(_bridge())
        host = stack.enter_context(_daemon(folder, bridge))
        yield DockerEngine(host, gateway, private=True)


@contextmanager
def _bridge() -> Iterator[tuple[str, str]]:
    """A network interface for containers: its name, and its address in a network nobody uses."""
    used = _run("ip", "-brief", "address") + _run("ip", "route")
    number = next(number for number in range(1, 255) if f"10.231.{number}." not in used)
    name, gateway = f"lenta{number}", f"10.231.{number}.1"
    try:
        _run("ip", "link", "add", name, "type", "bridge")
    except subprocess.CalledProcessError as refused:
        raise NoDockerEngineError(
            f"no Docker engine answers, and none can be started: {refused.stderr.strip()}"
        ) from None
    try:
        _run("ip", "address", "add", f"{gateway}/24", "dev", name)
        _run("ip", "link", "set", name, "up")
        yield name, gateway
    finally:
        _run("ip", "link", "delete", name)


@contextmanager
def _daemon(folder: Path, bridge: str) -> Iterator[str]:
    host, log = f"unix://{folder}/docker.sock", folder / "log"
    settings = folder / "daemon.json"  # a machine's own could contradict our options
    settings.write_text("{}\n", encoding="utf-8")
    with log.open("wb") as output:
        daemon = subprocess.Popen(  # noqa: S603 - our own arguments
            [  # noqa: S607 - they lie where each system has them
                "setpriv", "--pdeathsig", "TERM",  # should we be killed, it does not live on
                "dockerd", "--host", host, "--pidfile", str(folder / "pid"),
                "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"),
                "--config-file", str(settings), "--bridge", bridge,
                "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
            ],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,  # Ctrl-C reaches us alone: we stop it when its containers are
        )  # fmt: skip
    try:
        if not wait_until(lambda: _answers(host), daemon, _START_SECONDS):
            raise NoDockerEngineError(f"a private Docker engine did not start:\n{tail(log)}")
        yield host
    finally:
        _stop(daemon, host)


def _stop(daemon: subprocess.Popen[bytes], host: str) -> None:
    try:
        if _answers(host):
            docker = _environment(host)
            containers = _run("docker", "ps", "--all", "--quiet", environment=docker).split()
            if containers:
                _run("docker", "rm", "--force", "--volumes", *containers, environment=docker)
    finally:
        daemon.terminate()
        try:
            daemon.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            daemon.kill()  # and the kernel ends its containerd with it
            daemon.wait()


def _unmount(folder: Path) -> None:
    """Unmount what a daemon left mounted below `folder`, which cannot be removed before."""
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    points = [line.split()[1] for line in lines]
    for point in sorted(points, reverse=True):
        if Path(point).is_relative_to(folder):
            _run("umount", "--lazy", point)


def _gateway(host: str) -> str:
    template = "{{range .IPAM.Config}}{{println .Gateway}}{{end}}"
    inspect = ("network", "inspect", "--format", template, "bridge")
    addresses = _run("docker", *inspect, environment=_environment(host)).split()
    gateway = next((address for address in addresses if "." in address), None)
    if gateway is None:
        raise NoDockerEngineError(f"the Docker engine at {host} has no network for containers")
    return gateway


def _answers(host: str) -> bool:
    try:
        _run("docker", "info", seconds=_ANSWER_SECONDS, environment=_environment(host))
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _environment(host: str) -> dict[str, str]:
    # A context would take precedence over DOCKER_HOST for docker, but not for sam.
    kept = {name: value for name, value in os.environ.items() if name != "DOCKER_CONTEXT"}
    return {**kept, "DOCKER_HOST": host}


def _run(*command: str, seconds: float = 60, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own arguments
        command, env=environment, capture_output=True, text=True, check=True, timeout=seconds
    )
    return done.stdout
