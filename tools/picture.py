"""Draws `docs/images/run.svg`: a real run as its terminal shows it at the end."""

import io
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from train import demo_data
from train.display import show_result
from train.progress import Silent
from train.progress.terminal import stage_line
from train.run import run
from train.settings import RunSettings

_IMAGE = Path("docs/images/run.svg")
_READERS, _POSTS, _DAYS = 3_000, 7_023, 30
"""As many as in `make demo`."""
_COMMAND = "python -m train run --source SOURCE --store STORE"


class _Lines(Silent):
    """Prints the line of each stage, without what moves before it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._note = ""

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        self._note, began = "", time.monotonic()
        yield
        tick = Text("✓", style="green")
        self._console.print(stage_line(tick, title, self._note, time.monotonic() - began))

    def note(self, text: str) -> None:
        self._note = text


def draw(image: Path, readers: int, posts: int, days: int) -> None:
    """Make tables, train on them, and save what is shown as SVG."""
    console = Console(
        file=io.StringIO(), record=True, force_terminal=True, width=112, highlight=False
    )
    with tempfile.TemporaryDirectory() as folder:
        source, store = Path(folder, "SOURCE"), Path(folder, "STORE")
        demo_data.write(str(source), users=readers, posts=posts, days=days, seed=1)
        console.print(Text.assemble(("$ ", "dim"), _COMMAND))
        began = time.monotonic()
        outcome = run(RunSettings(str(source), str(store)), _Lines(console))
        show_result(replace(outcome, store="STORE"), console, time.monotonic() - began)
    image.write_text(_without_fonts(console.export_svg(title="A run")), encoding="utf-8")


def _without_fonts(svg: str) -> str:
    """Without what would be fetched from a server of others: any monospaced font will do."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    draw(_IMAGE, _READERS, _POSTS, _DAYS)
