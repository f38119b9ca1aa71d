"""AWS's image of Lambda's Python in a Docker engine, or a stand-in where no registry is reachable.

The stand-in holds this machine's Python and C libraries, AWS's Runtime Interface Client, and
busybox for a shell; `sam local` adds AWS's emulator to it, as it does to AWS's image. What it does
not show is whether the function runs with the C library of Amazon Linux.
"""

import io
import json
import platform
import shutil
import ssl
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.docker_engine import PACKAGES, DockerEngine
from tools.pythons import find_python
from tools.runtime import runtime_python

STAND_IN_LABEL = "lenta.stand-in"

_PULL_SECONDS = 300
_DESCRIBE = (
    "import json, sys, sysconfig;"
    "print(json.dumps([sys._base_executable, sysconfig.get_path('stdlib')]))"
)
_UNUSED = {"test", "site-packages", "dist-packages", "ensurepip", "idlelib", "tkinter"}
_UNUSED_SUFFIXES = {".a", ".o"}
_FOR_C_EXTENSIONS = (
    "libstdc++.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
)
"""What compiled modules may expect in AWS's image, whether Python itself needs it or not."""

_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
"""Where Debian and Red Hat keep those that they trust."""

_BOOTSTRAP = """#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_python{version}
export PYTHONPATH=/var/task:/opt/python:/var/runtime
exec /var/lang/bin/python{version} -m awslambdaric "$_HANDLER"
"""
_VARIABLES = {
    "LANG": "en_US.UTF-8",
    "TZ": ":/etc/localtime",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/var/runtime:/var/task:/var/task/lib:/opt/lib",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
}
_SETTINGS = (
    f"LABEL {STAND_IN_LABEL}=true",
    "WORKDIR /var/task",
    "ENV " + " ".join(f"{name}={value}" for name, value in _VARIABLES.items()),
)


class NoBaseImageError(RuntimeError):
    """The image is neither here nor to be had; the message says why."""


def provide_base_image(engine: DockerEngine, version: str) -> str:
    """Make sure that `engine` has the image in which `sam local` runs Python `version` on x86_64.

    The image that is there, or else the one of AWS's registry, or else, in a private engine only, a
    stand-in: under AWS's name in somebody's own engine it would pass for AWS's in all they do.

    Returns:
        The image's name.

    Raises:
        NoBaseImageError: it cannot be pulled, and a stand-in may not or cannot be made.
    """
    name = f"public.ecr.aws/lambda/python:{version}-x86_64"
    if engine.docker("images", "--quiet", name).strip():
        return name
    try:
        engine.docker("pull", "--quiet", name, seconds=_PULL_SECONDS)
    except subprocess.CalledProcessError as failed:
        reason = failed.stderr.strip()
    except subprocess.TimeoutExpired:
        reason = f"it did not come within {_PULL_SECONDS} s"
    else:
        return name
    if not engine.private:
        raise NoBaseImageError(f"the Docker engine has no {name} and cannot pull it: {reason}")
    with TemporaryDirectory(prefix="lenta-image-") as folder:
        archive = Path(folder) / "image.tar"
        with tarfile.open(archive, "w") as image:
            _fill(image, version)
        changes = [part for setting in _SETTINGS for part in ("--change", setting)]
        engine.docker("import", *changes, str(archive), name)
    return name


def _fill(image: tarfile.TarFile, version: str) -> None:
    python, busybox = find_python(version), shutil.which("busybox")
    if python is None or busybox is None or platform.machine() != "x86_64":
        raise NoBaseImageError(
            f"AWS's image cannot be pulled, and a stand-in takes an x86_64 machine with python"
            f"{version} and busybox (apt-get install {PACKAGES})"
        )
    executable, library = json.loads(_output(str(python), "-c", _DESCRIBE))
    client = next(runtime_python(version).parents[1].glob("lib/python*/site-packages"))
    image.add(Path(executable).resolve(), f"var/lang/bin/python{version}")
    image.add(library, f"var/lang/lib/python{version}", filter=_used)
    image.add(client, "var/runtime")
    _add_text(image, "var/runtime/bootstrap", _BOOTSTRAP.format(version=version), mode=0o755)
    modules = Path(library).glob("lib-dynload/*.so")
    for path in _shared_libraries([executable, busybox, *map(str, modules)]):
        image.add(path.resolve(), f"lib64/{path.name}")
    image.add(busybox, "bin/busybox")
    for command in set(_output(busybox, "--list").split()) - {"busybox"}:
        _add(image, f"bin/{command}", tarfile.SYMTYPE, target="busybox")
    # The function's S3 client wants some, even where it speaks plain HTTP.
    image.add(_certificates().resolve(), "etc/pki/tls/certs/ca-bundle.crt")
    _add_text(image, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    _add_text(image, "etc/group", "root:x:0:\n")
    _add(image, "tmp", tarfile.DIRTYPE, mode=0o1777)
    for folder in ("root", "opt", "var/task"):
        _add(image, folder, tarfile.DIRTYPE, mode=0o755)


def _certificates() -> Path:
    paths = ssl.get_default_verify_paths()
    found = (path for path in map(Path, (paths.openssl_cafile, *_CERTIFICATES)) if path.is_file())
    certificates = next(found, None)
    if certificates is None:
        raise NoBaseImageError("a stand-in takes certificates: apt-get install ca-certificates")
    return certificates


def _used(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """The entry, or None for what Lambda's runtime does without: tests, C archives, windows."""
    path = Path(entry.name)
    unused = path.name in _UNUSED or path.suffix in _UNUSED_SUFFIXES
    return None if unused else entry


def _shared_libraries(programs: list[str]) -> set[Path]:
    """The shared libraries that the programs and modules load, and those for C extensions."""
    loaded = {
        Path(word)
        for word in _output("ldd", *programs, check=False).split()
        if word.startswith("/") and not word.endswith(":")
    }
    beside = next(path.parent for path in loaded if path.name == "libc.so.6")
    return loaded | {beside / name for name in _FOR_C_EXTENSIONS}


def _add(
    image: tarfile.TarFile, name: str, kind: bytes, *, target: str = "", mode: int = 0o777
) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = kind, target, mode
    image.addfile(entry)


def _add_text(image: tarfile.TarFile, name: str, text: str, *, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(text.encode()), mode
    image.addfile(entry, io.BytesIO(text.encode()))


def _output(*command: str, check: bool = True) -> str:
    done = subprocess.run(  # noqa: S603 - our own arguments
        command, capture_output=True, text=True, check=check
    )
    return done.stdout
