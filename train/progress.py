"""What a run says of itself while it works: on stderr, a line a stage."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console

_SAID_EVERY_SECONDS = 5.0


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

    def note(self, text: str) -> None:
        """What is worth telling of this stage at its end, if anything."""


class Terminal:
    """Progress for a person, or for a log: a spinner where there is a terminal, else lines."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status("")
        self._title = self._note = ""
        self._expected: dict[str, float] = {}
        self._began = self._said = time.monotonic()

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Take them for the time that is left."""
        self._expected = dict(seconds)

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Show the stage while it lasts, and how long it took."""
        self._title, self._note, self._began = title, "", time.monotonic()
        self._said = self._began
        text = title + self._left(title)
        if self._console.is_terminal:
            self._status.update(text)
            self._status.start()
        elif text != title:
            self._console.print(f"          {text}")
        try:
            yield
        finally:
            self._status.stop()
        told = f"{title}: {self._note}" if self._note else title
        self._console.print(f"{time.monotonic() - self._began:6.1f} s  {told}")

    def _left(self, title: str) -> str:
        """The seconds left to the end of the run, if it goes as the one before."""
        titles = list(self._expected)
        if title not in titles:
            return ""
        left = sum(self._expected[later] for later in titles[titles.index(title) :])
        return f", about {self._expected[title]:.0f} s of {left:.0f} s left"

    def rows(self, done: int, expected: int | None) -> None:
        """Show the rows read, their rate and the time left."""
        now = time.monotonic()
        rate = done / max(now - self._began, 1e-9)
        text = f"{self._title}: {done:,} rows, {rate:,.0f} a second"
        if expected and expected > done:
            text += f", about {(expected - done) / rate:.0f} s left"
        if self._console.is_terminal:
            self._status.update(text)
        elif now - self._said > _SAID_EVERY_SECONDS:
            self._said = now
            self._console.print(f"          {text}")

    def note(self, text: str) -> None:
        """Show it behind the stage's title."""
        self._note = text


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

    def note(self, text: str) -> None:
        """Nothing."""
