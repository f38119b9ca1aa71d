"""The main job on demo data, from nothing to a feed that can be looked at: `make demo`.

Everything lies in `.demo/` and stays there: a second demo begins where the first one came to.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

from tools.postgres import free_port, private_postgres
from tools.processes import listens

_FOLDER = Path(".demo")
_PORT = 8000
_DATA = {"--users": 3_000, "--posts": 7_023, "--days": 30, "--seed": 1}
"""Enough to learn from, and made, trained and served within a minute or two."""


def main() -> int:
    """Load, train, publish and serve, as far as that is not done yet; serve until interrupted."""
    # Whoever stops us, by Ctrl-C or by kill: everything that was started ends with us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    store, loaded = _FOLDER / "store", _FOLDER / "loaded"
    try:
        with private_postgres(_FOLDER / "postgres") as url:
            print(f"PostgreSQL is up at {url}", flush=True)
            if not loaded.exists():
                data = [str(part) for option in _DATA.items() for part in option]
                _python("train", "demo-data", "--out", url, *data)
                loaded.touch()
            if not (store / "channels" / "production.json").exists():
                _python("train", "run", "--source", url, "--store", str(store))
            print(f"ready to serve after {time.monotonic() - began:.1f} s", flush=True)
            _python("handler", "--store", str(store), "--port", str(_port()))
    except KeyboardInterrupt:
        print("all that was started has ended")
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    return 0


def _python(module: str, *arguments: str) -> None:
    print(f"\npython -m {module} {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)  # noqa: S603 - our own programs


def _port() -> int:
    return free_port() if listens(_PORT) else _PORT


if __name__ == "__main__":
    sys.exit(main())
