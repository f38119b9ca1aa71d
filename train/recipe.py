"""The recipe: a digest of all that decides a release. Runs of one recipe would make it again."""

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import artifacts
import train
from artifacts.layout import ENCODERS, RANKER
from artifacts.manifest import Code, Manifest
from artifacts.release import manifests
from artifacts.stores import ObjectStore
from train import features, sql
from train.features.steps import SCRIPTS
from train.settings import RunSettings
from train.warehouse import Warehouse

_TABLES = ("readers", "posts", "feed")
_ROOMS = (train, artifacts)
_SOURCES = {".py", ".sql", ".toml", ".html"}


class Digest(NamedTuple):
    """Of the rows of a table: how many, and the XOR and the sum of their hashes.

    The XOR alone would not see a row that comes twice.
    """

    rows: int
    mixed: int
    total: int

    def __add__(self, other: object) -> "Digest":
        """The digest of both parts of a table."""
        if not isinstance(other, Digest):
            return NotImplemented
        return Digest(self.rows + other.rows, self.mixed ^ other.mixed, self.total + other.total)


def tables_digest(warehouse: Warehouse) -> str:
    """The hex sha256 of the clean tables; neither the order of rows nor their origin matters.

    Args:
        warehouse: has `readers`, `posts` and `feed`.
    """
    return tables_digest_of({table: table_digest(warehouse, table) for table in _TABLES})


def tables_digest_of(digests: Mapping[str, Digest]) -> str:
    """The same, from the digests of the three tables."""
    return _sha256({table: list(digests[table]) for table in _TABLES})


def table_digest(warehouse: Warehouse, table: str) -> Digest:
    """The digest of one table: sums and XORs are the same in any order."""
    rows, mixed, total = warehouse.query(
        f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {table} AS t"  # noqa: S608 - our own names
    )[0]
    return Digest(int(rows), int(mixed or 0), int(total or 0))


def recipe_of(tables: str, settings: RunSettings, code: Code) -> str:
    """The hex sha256 of the tables, the settings, the program and its libraries.

    Args:
        tables: their digest.
        settings: those that change the model count, those of the machine do not.
        code: the Python and the libraries. The program is judged by its sources, not by a commit,
            which a changed checkout does not have.
    """
    told = {
        "timezone": settings.timezone,
        "test_from": str(settings.test_from),
        "most_pairs": settings.most_pairs,
        "seed": settings.seed,
    }
    return _sha256({"tables": tables, "settings": told, **_program(code)})


def newest_trained(store: ObjectStore) -> Manifest | None:
    """The newest release that a run has made, and no refresh: what is of its recipe is not new.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    return next((found for found in manifests(store) if not found.trained_in), None)


def refresh_recipe(tables: str, parent: Manifest, code: Code) -> str:
    """The same of a release with newer features, which keeps the model and encoders of its parent.

    Args:
        tables: their digest.
        parent: has the model.
        code: the Python and the libraries.
    """
    kept = {path: parent.file(path).sha256 for path in (RANKER, ENCODERS)}
    told = {"timezone": parent.timezone}
    return _sha256({"tables": tables, "settings": told, "kept": kept, **_program(code)})


def features_digest() -> str:
    """The hex sha256 of the program that makes the features.

    One number may mean two things in the features of two programs.
    """
    scripts = [files(sql).joinpath(f"{script}.sql").read_text() for script in SCRIPTS]
    return _sha256([scripts, [_sources(Path(folder)) for folder in features.__path__]])


def program_digest(code: Code) -> str:
    """The hex sha256 of the program, the Python and the libraries."""
    return _sha256(_program(code))


def _program(code: Code) -> dict[str, object]:
    return {
        "sources": {
            room.__name__: _sources(Path(folder)) for room in _ROOMS for folder in room.__path__
        },
        "python": code.python,
        "libraries": code.libraries,
    }


def _sources(folder: Path) -> str:
    found = sorted(path for path in folder.rglob("*") if path.suffix in _SOURCES)
    digests = [
        (path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in found
    ]
    return _sha256(digests)


def _sha256(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
