"""What a command of train has said on stderr, where that is no terminal."""

import json
from typing import Any


def events(stderr: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr.splitlines()]


def failure(stderr: str) -> str:
    """The sentence that it ended with."""
    *_, last = events(stderr)
    assert last["event"] == "error"
    return str(last["message"])
