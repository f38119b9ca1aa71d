"""What the function is told, by its environment."""

import os
from dataclasses import dataclass

from artifacts.layout import PRODUCTION


@dataclass(frozen=True)
class Settings:
    """The function's settings.

    Attributes:
        store: ARTIFACT_STORE, `s3://bucket/prefix` or a folder; empty if it is not set.
        channel: ARTIFACT_CHANNEL, which channel of the store is served.
    """

    store: str
    channel: str = PRODUCTION

    @classmethod
    def from_environment(cls) -> "Settings":
        """The settings of this process."""
        return cls(
            store=os.environ.get("ARTIFACT_STORE", ""),
            channel=os.environ.get("ARTIFACT_CHANNEL", PRODUCTION),
        )
