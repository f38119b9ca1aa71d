"""Work that is done beside the calls, in a thread of its own."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Aside(Generic[T]):
    """Begins the work at once.

    Args:
        work: what is to be done.

    Attributes:
        result: what it returned, once it is done; None if it raised.
        error: what it raised.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self.result: T | None = None
        self.error: Exception | None = None
        self._work = work
        self._began = time.monotonic()
        self._done = threading.Event()
        # A daemon, or a store that does not answer would keep the process from ending.
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    @property
    def is_done(self) -> bool:
        """Whether it has ended, one way or the other."""
        return self._done.is_set()

    def wait(self, seconds: float) -> None:
        """Wait for its end, so long at most."""
        self._done.wait(max(0.0, seconds))

    def _run(self) -> None:
        try:
            self.result = self._work()
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            self.error = error
        finally:
            self._done.set()
