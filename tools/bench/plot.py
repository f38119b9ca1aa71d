"""Draws `docs/images/catalogue.svg` from the last measurement of the catalogue."""

import json
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from tools.bench.table import FOLDER

_IMAGE = Path("docs/images/catalogue.svg")
_OURS = "Lenta"


def measure() -> None:
    """Draw each way's median by the number of posts, on logarithmic axes."""
    mpl.rcParams["svg.hashsalt"] = "lenta"  # the same figures make the same file
    measured = json.loads((FOLDER / "catalogue.json").read_text(encoding="utf-8"))
    ways: dict[str, list[tuple[int, float]]] = {}
    for posts, way, median, *_ in measured["rows"]:
        if not way.startswith("recall"):
            ways.setdefault(way, []).append((int(posts.replace(",", "")), median))
    figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
    for way, points in ways.items():
        sizes, medians = zip(*points, strict=True)
        ours = way == _OURS
        axes.plot(sizes, medians, marker="o", linewidth=2.5 if ours else 1.2, label=way)
    axes.set(xscale="log", yscale="log", xlabel="posts", ylabel="ms for one reader's best five")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(_IMAGE, metadata={"Date": None})
