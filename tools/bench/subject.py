"""What is measured: a release of as many demo data as `make demo` makes, and the built function."""

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from tools import package
from tools.bench.table import FOLDER
from tools.runtime import supported_python
from train import demo_data
from train.progress import Silent
from train.run import run
from train.settings import RunSettings

_EVENT = Path("events/recommendations-v2.json")
EVENING = 1_635_624_000
"""2021-10-30 20:00, the last evening of the data."""


def network() -> Path:
    """The folder with the tables; made when first asked for."""
    made = FOLDER / "network"
    if not made.exists():
        FOLDER.mkdir(exist_ok=True)
        demo_data.write(str(made), users=3_000, posts=7_023, days=30, seed=1)
    return made


@cache
def store() -> Path:
    """The store with a release of the program as it is; training it takes half a minute."""
    made = FOLDER / "store"
    run(RunSettings(source=str(network()), store=str(made)), Silent())
    return made.resolve()


@cache
def function() -> tuple[Path, str]:
    """The folder of the function, built anew once, and the version of Python that runs it."""
    version = supported_python()
    if version is None:
        raise SystemExit("no Python of Lambda is on this machine: 3.13 or 3.12 is needed")
    folder = FOLDER / "function"
    shutil.rmtree(folder, ignore_errors=True)
    package.build(folder, version)
    return folder, version


def event(user_id: int) -> dict[str, Any]:
    """A reader's call for five posts, as API Gateway sends it."""
    found: dict[str, Any] = json.loads(_EVENT.read_text())
    found["rawQueryString"] = f"id={user_id}&time=2021-10-30T20%3A00%3A00&limit=5"
    return found
