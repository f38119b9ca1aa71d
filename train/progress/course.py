"""How far a run is, and how long it will still take."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_MINUTE, _HOUR = 60, 3600
_NEARLY = 0.99
"""No stage is done before it has ended."""


@dataclass
class Course:
    """The stage that is under way, by the seconds it took before and by what is done of it.

    Attributes:
        expected: seconds of each stage in an earlier run, in order.
        title: of the stage.
        began: when, in seconds of whatever clock `now` is of.
        done: rows or steps that are done.
        total: of how many, if that is known.
    """

    expected: dict[str, float] = field(default_factory=dict)
    title: str = ""
    began: float = 0.0
    done: int = 0
    total: int | None = None

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Take these for the stages that are to come."""
        self.expected = dict(seconds)

    def begin(self, title: str, now: float) -> None:
        """The next stage is under way."""
        self.title, self.began, self.done, self.total = title, now, 0, None

    def reach(self, done: int, total: int | None) -> None:
        """So much of the stage is done."""
        self.done, self.total = done, total

    def rate(self, now: float) -> float:
        """Rows or steps a second."""
        return self.done / max(now - self.began, 1e-9)

    def share(self, now: float) -> float | None:
        """Of the stage that is done, below 1; None if nothing tells."""
        if self.total:
            return min(self.done / self.total, _NEARLY)
        expected = self.expected.get(self.title)
        if not expected:
            return None
        return min((now - self.began) / expected, _NEARLY)

    def left_of_stage(self, now: float) -> float | None:
        """Seconds to the stage's end; None if nothing tells."""
        if self.total and self.done:
            return max(self.total - self.done, 0) / max(self.rate(now), 1e-9)
        if self.title in self.expected:
            return max(self.expected[self.title] - (now - self.began), 0.0)
        return None

    def left(self, now: float) -> float | None:
        """Seconds to the run's end, if it goes as the one before; None if nothing tells."""
        of_stage = self.left_of_stage(now)
        titles = list(self.expected)
        if of_stage is None or self.title not in titles:
            return None
        later = titles[titles.index(self.title) + 1 :]
        return of_stage + sum(self.expected[title] for title in later)


def span(seconds: float) -> str:
    """Seconds in words: "4.2 s", "48 s", "3 min 20 s", "1 h 05 min"."""
    if seconds < 10:  # noqa: PLR2004 - tenths of more say nothing
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
