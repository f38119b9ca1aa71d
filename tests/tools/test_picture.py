"""The picture of a run is that of a real one."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tools.picture import draw


@pytest.mark.slow
def test_the_picture_shows_stages_figures_and_the_verdict(tmp_path: Path) -> None:
    image = tmp_path / "run.svg"
    draw(image, readers=400, posts=200, days=10)
    root = ET.fromstring(image.read_text(encoding="utf-8"))  # noqa: S314 - our own
    text = "".join(root.itertext()).replace("\xa0", " ")
    for words in ("✓", "making features", "hit_rate@5", "popularity", "gate ", "Release "):
        assert words in text
    assert str(tmp_path) not in text
