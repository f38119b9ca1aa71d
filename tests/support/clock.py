"""A clock for what waits."""


class Clock:
    """Seconds, moved by hand."""

    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds
