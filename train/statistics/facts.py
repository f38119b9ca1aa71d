"""What is known of a day that was counted, and by what it is told whether it still holds."""

from datetime import datetime

from artifacts.document import Document, Part
from train.archive.index import KeptFile
from train.recipe import Digest

TABLES = ("reader_daily", "peer_daily", "post_band_daily", "shown", "liked_daily", "strangers")
"""Of `daily.sql`, and the unknown readers and posts of each day: what is kept of it."""


class DroppedRows(Part):
    """Rows of the day that cannot be used."""

    reason: str
    rows: int


class KeptTable(KeptFile):
    """A table of the day."""

    name: str


class DayFacts(Document):
    """A day's share of `feed_facts`, of the dropped rows and of the feed's digest.

    Attributes:
        tables: those of TABLES.
        sample: the share of readers of whom what was shown is kept.
        rows: usable ones, with `mixed` and `total` their digest.
        views: of them.
        likes: of the views.
        since: the first moment, None of a day without a usable row.
        until: the last one.
        dropped: why and how many.
        known: digest of what the tables say of the day's readers and posts, and of its strangers.
    """

    tables: tuple[KeptTable, ...]
    sample: float
    rows: int
    mixed: str
    total: str
    views: int
    likes: int
    since: datetime | None
    until: datetime | None
    dropped: tuple[DroppedRows, ...]
    known: str

    @property
    def digest(self) -> Digest:
        """Of the day's usable rows."""
        return Digest(self.rows, int(self.mixed), int(self.total))
