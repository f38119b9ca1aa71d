"""Who is told what a run does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from train.failures import Failure

Fact = str | int | float | bool | None


class Progress(Protocol):
    """Told what is being done."""

    def expect(self, seconds: Mapping[str, float]) -> None:
        """How long the stages that are to come took in an earlier run, by title and in order."""

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:  # noqa: ARG002 - a protocol
        """A stage that lasts as long as the block."""
        yield

    def rows(self, done: int, expected: int | None) -> None:
        """Rows dealt with so far in this stage, of about how many (None: not known)."""

    def steps(self, done: int, total: int) -> None:
        """Steps of this stage that are done, where rows are not what it deals with."""

    def note(self, text: str) -> None:
        """What is worth telling of this stage at its end, if anything."""

    def detail(self, what: str, **facts: Fact) -> None:
        """What only those want to know who ask for it: its name, and facts by theirs."""


class Log(Progress, Protocol):
    """Told by the command, too, how it ended."""

    def warning(self, sentence: str) -> None:
        """Something went wrong beside the work, which is done all the same."""

    def result(self, facts: Mapping[str, object]) -> None:
        """The command came to its end; the facts are JSON."""

    def failed(self, failure: Failure) -> None:
        """Something stopped the command."""


class Silent:
    """Progress for nobody."""

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Nothing."""

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:  # noqa: ARG002 - the protocol's
        """Nothing."""
        yield

    def rows(self, done: int, expected: int | None) -> None:
        """Nothing."""

    def steps(self, done: int, total: int) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def detail(self, what: str, **facts: Fact) -> None:
        """Nothing."""
