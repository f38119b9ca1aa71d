"""What a run has finished, kept in its work folder: a run that died goes on from there."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from artifacts.manifest import Code
from train.recipe import recipe_of
from train.settings import RunSettings

FILE = "run.json"
"""In the work folder."""
_TOO_OLD_SECONDS = 24 * 3600
"""Tables that were read so long ago are read again."""


class Checkpoint:
    """The finished stages of one run, and what each has to say.

    Args:
        folder: the run's work folder.
        run: digest of what the run is told and of its program; what another run has left counts
            for nothing.
    """

    def __init__(self, folder: Path, run: str) -> None:
        self._path = folder / FILE
        self._run = run
        self._stages = self._read()

    def get(self, stage: str) -> Any:  # noqa: ANN401 - any JSON
        """What a finished stage had to say, or None if it is not finished."""
        return self._stages.get(stage)

    def keep(self, stage: str, said: object) -> None:
        """A stage is finished; what it has made is in the folder.

        Args:
            stage: its name.
            said: JSON, not null.
        """
        self._stages[stage] = said
        text = json.dumps({"run": self._run, "begun": self._begun, "stages": self._stages})
        written = self._path.with_suffix(".new")
        written.write_text(text, encoding="utf-8")
        written.replace(self._path)

    def clear(self) -> None:
        """The run has ended: the next one begins anew."""
        self._path.unlink(missing_ok=True)
        self._stages = {}

    def _read(self) -> dict[str, Any]:
        self._begun = time.time()
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            if found["run"] == self._run and self._begun - found["begun"] < _TOO_OLD_SECONDS:
                self._begun = float(found["begun"])
                return dict(found["stages"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # there is none, or it is not ours
        return {}


def run_digest(settings: RunSettings, code: Code) -> str:
    """The hex sha256 of all that a run is told, and of its program."""
    told = [recipe_of("", settings, code), settings.source, repr(settings.names)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
