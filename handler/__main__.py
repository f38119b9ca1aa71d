"""The app under uvicorn, for one's own machine: `python -m handler --store STORE --port P`."""

import argparse
import ctypes
from dataclasses import replace

import uvicorn

from handler.api import create_app
from handler.settings import Settings

_M_ARENA_MAX = -8
"""Of glibc's malloc.h."""


def parser() -> argparse.ArgumentParser:
    """Of the command."""
    command = argparse.ArgumentParser(prog="handler", description="The app on 127.0.0.1.")
    command.add_argument("--store", required=True, help="s3://bucket/prefix or a folder")
    command.add_argument(
        "--port",
        type=int,
        default=8000,
        metavar="P",
        help="where it listens (default: %(default)s)",
    )
    return command


def main() -> None:
    """Serve on 127.0.0.1 until interrupted."""
    # Each thread that loads a release would have an arena of its own, and leave it in pieces.
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):  # of glibc alone
        mallopt(_M_ARENA_MAX, 2)
    command = parser()
    arguments = command.parse_args()
    try:
        settings = replace(Settings.from_environment(), store=arguments.store)
    except ValueError as error:
        command.error(str(error))
    app = create_app(settings)
    print(
        f"http://127.0.0.1:{arguments.port}/ serves {arguments.store}; Ctrl-C ends it", flush=True
    )
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
