"""Other Pythons of this machine, and environments made of them."""

import os
import subprocess
import sys
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent


class NoPythonError(RuntimeError):
    """The Python that is asked for is not on this machine."""


def find_python(version: str) -> Path | None:
    """A working interpreter of `version`, such as "3.13": on the PATH, or among pyenv's.

    pyenv's programs on the PATH fail for a version that is not switched on, so each is tried.
    """
    name = f"python{version}"
    on_path = (Path(folder) / name for folder in os.environ.get("PATH", "").split(os.pathsep))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in [*on_path, *sorted(pyenv.glob(f"{version}*/bin/{name}"))]:
        if candidate.is_file() and _is(candidate, version):
            return candidate
    return None


def python_with(libraries: str, version: str) -> Path:
    """A Python of `version` that has tools/LIBRARIES-requirements.txt and nothing else.

    Its environment, .venv-LIBRARIES, is made when first asked for, and anew when either changes.

    Raises:
        NoPythonError: `version` is not on this machine.
    """
    base = find_python(version)
    if base is None:
        raise NoPythonError(f"python{version} is not on this machine")
    venv, uv = _PROJECT / f".venv-{libraries}", str(Path(sys.executable).with_name("uv"))
    requirements = _PROJECT / "tools" / f"{libraries}-requirements.txt"
    python, ready = venv / "bin" / "python", venv / "ready"
    wanted = f"{base}\n{requirements.read_text(encoding='utf-8')}"
    if not ready.exists() or ready.read_text(encoding="utf-8") != wanted:
        install = ("pip", "install", "--quiet", "--python", str(python), "-r", str(requirements))
        for arguments in (
            ("venv", "--quiet", "--clear", "--python", str(base), str(venv)),
            install,
        ):
            subprocess.run([uv, *arguments], check=True)  # noqa: S603 - our own arguments
        ready.write_text(wanted, encoding="utf-8")
    return python


def _is(python: Path, version: str) -> bool:
    try:
        said = subprocess.run(  # noqa: S603 - a program named python
            [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True, text=True, check=True, timeout=30,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return said.stdout.strip() == version
