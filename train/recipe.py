"""The recipe: a digest of all that decides a release. Runs of one recipe would make it again."""

import hashlib
import json
from pathlib import Path

import artifacts
import train
from artifacts.manifest import Code
from train.settings import RunSettings
from train.warehouse import Warehouse

_TABLES = ("readers", "posts", "feed")
_ROOMS = (train, artifacts)
_SOURCES = {".py", ".sql", ".toml", ".html"}


def recipe_of(warehouse: Warehouse, settings: RunSettings, code: Code) -> str:
    """The hex sha256 of the clean tables, the settings, the program and its libraries.

    Neither the order of a table's rows nor where they came from matters.

    Args:
        warehouse: has `readers`, `posts` and `feed`.
        settings: those that change the model count, those of the machine do not.
        code: the Python and the libraries. The program is judged by its sources, not by a commit,
            which a changed checkout does not have.
    """
    parts = {
        "tables": {table: _digest(warehouse, table) for table in _TABLES},
        "settings": {
            "timezone": settings.timezone,
            "test_from": str(settings.test_from),
            "most_pairs": settings.most_pairs,
            "seed": settings.seed,
        },
        "sources": {
            room.__name__: _sources(Path(folder)) for room in _ROOMS for folder in room.__path__
        },
        "python": code.python,
        "libraries": code.libraries,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _digest(warehouse: Warehouse, table: str) -> list[int]:
    # Sums and XORs are the same in any order. The XOR alone would not see a row that comes twice.
    rows, mixed, total = warehouse.query(
        f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {table} AS t"  # noqa: S608 - our own names
    )[0]
    return [int(rows), int(mixed), int(total)]


def _sources(folder: Path) -> str:
    found = sorted(path for path in folder.rglob("*") if path.suffix in _SOURCES)
    digests = [
        (path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in found
    ]
    return hashlib.sha256(json.dumps(digests).encode()).hexdigest()
