"""Other Pythons of this machine."""

import os
import subprocess
from pathlib import Path


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


def _is(python: Path, version: str) -> bool:
    try:
        said = subprocess.run(  # noqa: S603 - a program named python
            [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True, text=True, check=True, timeout=30,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return said.stdout.strip() == version
