"""What a run says of itself while it works: on stderr, a line a stage."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console

_SAID_EVERY_SECONDS = 5.0


class Progress(Protocol):
    """Told what is being done."""

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
        self._began = self._said = time.monotonic()

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Show the stage while it lasts, and how long it took."""
        self._title, self._note, self._began = title, "", time.monotonic()
        self._said = self._began
        if self._console.is_terminal:
            self._status.update(title)
            self._status.start()
        try:
            yield
        finally:
            self._status.stop()
        told = f"{title}: {self._note}" if self._note else title
        self._console.print(f"{time.monotonic() - self._began:6.1f} s  {told}")

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

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:  # noqa: ARG002 - the protocol's
        """Nothing."""
        yield

    def rows(self, done: int, expected: int | None) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""
