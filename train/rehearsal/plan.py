"""What a dry run has found, and what the command would do."""

from collections.abc import Iterator
from dataclasses import dataclass

HARMLESS = "This was a dry run: nothing was changed"


@dataclass(frozen=True)
class Plan:
    """The end of a dry run.

    Attributes:
        command: that was tried.
        checks: what was found, a sentence for each name.
        warnings: what may go wrong though nothing stands in the way.
        would: what the command would do, and why, in a sentence.
        acts: whether it would make, publish or promote anything.
        serves: whether the command's exit code would be 0, as far as that can be known.
    """

    command: str
    checks: dict[str, str]
    warnings: tuple[str, ...]
    would: str
    acts: bool
    serves: bool

    def lines(self) -> Iterator[str]:
        """All but the last sentence."""
        for name, found in self.checks.items():
            yield f"{name}: {found}"
        for warning in self.warnings:
            yield f"warning: {warning}"

    @property
    def verdict(self) -> str:
        """The last sentence."""
        return f"{HARMLESS}. {self.would}"

    def facts(self) -> dict[str, object]:
        """For a program, as JSON."""
        return {
            "command": self.command,
            "dry_run": True,
            "verdict": self.verdict,
            "acts": self.acts,
            "checks": self.checks,
            "warnings": list(self.warnings),
        }
