"""What a training run is told."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from train.source.tables import TableNames


@dataclass(frozen=True)
class RunSettings:
    """One training run.

    Attributes:
        source: `postgresql://…` or a folder.
        store: `s3://bucket/prefix` or a folder.
        names: how the source calls its tables.
        archive: where days of the feed that were read once are kept, `s3://bucket/prefix` or a
            folder; only a source in PostgreSQL has one.
        channel: what is moved to the new release.
        test_from: the first day that the model is measured on; by default the last third of the
            days is.
        timezone: the network's clock, an IANA name.
        work: where the run's own files go; by default a temporary folder, removed at the end.
        memory: the most that DuckDB may take.
        most_pairs: how many impressions are learned from at most; the readers they belong to are
            drawn whole. Statistics are taken over all.
        seed: of all that is drawn.
        cluster: a Dask scheduler's address, such as "tcp://10.0.0.5:8786", or "local:N" for N
            workers of one core on this machine; by default this process does all.
    """

    source: str
    store: str
    names: TableNames = field(default_factory=TableNames)
    archive: str | None = None
    channel: str = "production"
    test_from: date | None = None
    timezone: str = "UTC"
    work: Path | None = None
    memory: str = "4GB"
    most_pairs: int = 2_000_000
    seed: int = 1
    cluster: str | None = None

    @property
    def told(self) -> dict[str, str | int | None]:
        """All of it as it may be shown; what was not set is None."""
        plain = {**vars(self), **vars(self.names), "source": self.source_without_secrets}
        del plain["names"]
        return {
            name: value if isinstance(value, int) or value is None else str(value)
            for name, value in plain.items()
        }

    @property
    def source_without_secrets(self) -> str:
        """The source as it may be shown: an URL loses its user, its password and its parameters."""
        if "://" not in self.source:
            return self.source
        parts = urlsplit(self.source)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
