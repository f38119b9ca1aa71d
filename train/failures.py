"""What stopped a command, in a sentence, and the exit codes that say how one ended."""

import errno
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from artifacts.errors import ArtifactError, StoreUnavailable
from train.errors import TrainError

OK = 0
FAILED = 1
USAGE = 2
UNAVAILABLE = 4
NOT_SERVED = 5
INTERRUPTED = 130

_INTERRUPTED_QUERY = "Query interrupted"
"""What DuckDB makes of Ctrl-C."""
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_IN_WORDS = ("No space left on device", "Disk quota exceeded")
_MORE_ROOM = "make room there, or name another folder: --work FOLDER, or the variable TMPDIR"
_MORE_MEMORY = "a larger --memory lets it take more, a smaller --most-pairs has less to hold"


@dataclass(frozen=True)
class Failure:
    """Why a command ended early.

    Attributes:
        kind: the exception's type.
        sentence: what happened, where, and what can be done.
        exit_code: of the command.
        traceback: of the exception and its causes.
    """

    kind: str
    sentence: str
    exit_code: int
    traceback: str


def explain(error: BaseException, work: Path | None = None) -> Failure:
    """Put an exception into words.

    Args:
        error: what ended the command.
        work: the folder that keeps what is finished, if there is one.
    """
    kind, sentence, code = type(error).__name__, _known(error), FAILED
    if _is_interruption(error):
        kind, code = KeyboardInterrupt.__name__, INTERRUPTED
        sentence = f"interrupted; the store serves what it did. {_go_on(work)}"
    elif isinstance(error, StoreUnavailable):
        code = UNAVAILABLE
    if sentence is None:
        said = " ".join(str(error).split())
        sentence = (
            f"this is a mistake in the program: {kind}{': ' if said else ''}{said}; "
            "run again with --verbose for the traceback"
        )
    return Failure(kind, sentence, code, "".join(traceback.format_exception(error)).rstrip())


def _known(error: BaseException) -> str | None:
    """A sentence, if it is not a mistake of the program."""
    if isinstance(error, TrainError | ArtifactError):
        return " ".join(line.strip() for line in str(error).splitlines())  # libpq says several
    if isinstance(error, MemoryError):
        return f"the memory of this machine is not enough; {_MORE_MEMORY}"
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        if error.errno in _DISK_FULL:
            return f"{place}the disk is full; {_MORE_ROOM}"
        return f"{place}{error.strerror or error}"
    return _of_duckdb(error)


def _of_duckdb(error: BaseException) -> str | None:
    if not type(error).__module__.startswith(("duckdb", "_duckdb")):
        return None
    said = str(error).splitlines()[0]
    # A full disk comes as one or the other: DuckDB may have been about to spill.
    if any(words in str(error) for words in _FULL_IN_WORDS):
        return f"the disk is full: {said}; {_MORE_ROOM}"
    if type(error).__name__ == "OutOfMemoryException":
        return f"DuckDB needs more than it may take: {said}; {_MORE_MEMORY}"
    return None


def _is_interruption(error: BaseException) -> bool:
    """Whether somebody pressed Ctrl-C, whatever a library has made of it."""
    return any(
        isinstance(each, KeyboardInterrupt)
        or (isinstance(each, RuntimeError) and str(each) == _INTERRUPTED_QUERY)
        for each in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _go_on(work: Path | None) -> str:
    if work:
        return f"Started again with --work {work}, a run goes on from what it had finished"
    return "With --work FOLDER the next run would go on from what one has finished"
