"""The log's files: as CloudWatch exports them, `aws logs` prints them, or a server left them."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from train.errors import SourceError
from train.experiment.record import Exposure, exposures_in
from train.progress import Progress
from train.warehouse import Warehouse

ENDS = (".jsonl", ".json", ".log", ".txt", ".gz")
"""What the name of a log in a folder ends with."""

_AT_ONCE = 50_000
_SCHEMA = pa.schema(
    {
        "moment": pa.timestamp("us"),  # "at" is a word of SQL
        "time": pa.int64(),
        "reader": pa.string(),
        "experiment": pa.string(),
        "arm": pa.string(),
        "share": pa.float64(),
        "release": pa.string(),
        "source": pa.string(),
        "call": pa.string(),
        "posts": pa.list_(pa.int64()),
        "temperature": pa.float64(),
        "candidates": pa.list_(pa.int64()),
        "candidate_scores": pa.list_(pa.float64()),
        "propensities": pa.list_(pa.float64()),
    }
)


@dataclass
class Lines:
    """What was in the log.

    Attributes:
        files: how many were read.
        exposures: whole records, duplicates and all.
        broken: lines that begin such a record and do not end it, or hold something else.
    """

    files: int = 0
    exposures: int = 0
    broken: int = 0


def read_log(warehouse: Warehouse, path: Path, progress: Progress) -> Lines:
    """Make the table `exposure_lines`, a row a record.

    Args:
        warehouse: takes the table.
        path: a file, or a folder of files at any depth.
        progress: told the records read so far.

    Raises:
        SourceError: there is no such file, it cannot be read, or nothing is in it.
    """
    read = Lines()
    warehouse.register("exposure_lines", _SCHEMA.empty_table())
    files = _files(path)
    rows = _exposures(files, read)
    while batch := list(islice(rows, _AT_ONCE)):
        warehouse.append("exposure_lines", _table(batch))
        read.exposures += len(batch)
        progress.rows(read.exposures, None)
    if not read.exposures:
        broken = f", but {read.broken:,} broken ones" if read.broken else ""
        raise SourceError(f"there is no exposure in {path}{broken}")
    return read


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SourceError(f"there is no log {path}")
    found = sorted(p for p in path.rglob("*") if p.suffix in ENDS and p.is_file())
    if not found:
        raise SourceError(f"{path} has no log: none of its files ends with {', '.join(ENDS)}")
    return found


def _exposures(files: list[Path], read: Lines) -> Iterator[tuple[object, ...]]:
    for file in files:
        read.files += 1
        for line in _lines(file):
            for exposure in exposures_in(line):
                if exposure is None:
                    read.broken += 1
                else:
                    yield _row(exposure)


def _lines(file: Path) -> Iterator[str]:
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8", errors="replace") as lines:
            yield from lines
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{file} cannot be read: {error}") from error


def _row(exposure: Exposure) -> tuple[object, ...]:
    """By the columns of the schema."""
    drawn = exposure.exploration
    return (
        exposure.at, exposure.time, exposure.reader, exposure.experiment, exposure.arm,
        exposure.share, exposure.release, exposure.source, exposure.call, exposure.posts,
        drawn and drawn.temperature, drawn and drawn.posts, drawn and drawn.scores,
        drawn and drawn.propensities,
    )  # fmt: skip


def _table(rows: list[tuple[object, ...]]) -> pa.Table:
    columns = [
        pa.array(column, kind)
        for column, kind in zip(zip(*rows, strict=True), _SCHEMA.types, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)
