"""From the log and the feed to what each reader was shown and has liked, by arm."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from artifacts.pseudonym import pseudonym
from train.errors import SourceError
from train.experiment.record import RERANK
from train.warehouse import Warehouse

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[Any]


@dataclass(frozen=True)
class Readers:
    """Sums over what was compared, a row a reader; float64 [readers] each, but the arms.

    Attributes:
        arm: texts.
        exposures: feeds.
        shown: posts in them.
        likes: of them.
        hits: feeds of which one of the first five was liked.
        views_before: before the reader's first exposure.
        likes_before: of those.
    """

    arm: Texts
    exposures: Floats
    shown: Floats
    likes: Floats
    hits: Floats
    views_before: Floats
    likes_before: Floats


@dataclass(frozen=True)
class Gathered:
    """What is compared, and what is not.

    Attributes:
        experiment: its name; None without one.
        readers: those compared.
        first: of all readers, crossed ones too: the arm and the moment of the first exposure.
        shares: moments at which records name the share of their arm: arm, moment, share.
        exposures: after duplicates, by what became of them.
        crossed: readers who were seen in two arms.
        settled: when the shares were last changed, on the wall clock; None if never.
        since: the first exposure compared, on the network's clock; `until` the last.
    """

    experiment: str | None
    readers: Readers
    first: dict[str, Texts]
    shares: dict[str, Texts]
    exposures: dict[str, int]
    crossed: int
    settled: datetime | None
    since: datetime
    until: datetime


def gather(
    warehouse: Warehouse, experiment: str | None, key: bytes, window_seconds: int
) -> Gathered:
    """Attribute the feed's likes to the exposures.

    Args:
        warehouse: has `exposure_lines` and the clean tables.
        experiment: its name; None for the only one of the log, or none if the log names none.
        key: of the readers' pseudonyms.
        window_seconds: so long after an exposure a like is its own.

    Raises:
        SourceError: the log has no such experiment, or fits the feed neither in readers nor time.
    """
    name = _named(warehouse, experiment)
    _register_pseudonyms(warehouse, key)
    warehouse.run("exposures", experiment=name, window_seconds=window_seconds, rerank=RERANK)
    _check(warehouse, name)
    since, until = warehouse.query("SELECT min(time), max(time) FROM compared")[0]
    return Gathered(
        experiment=name,
        readers=_readers(warehouse),
        first=warehouse.arrays("FROM first_arms"),
        shares=warehouse.arrays("FROM share_changes"),
        exposures={
            name: int(counts[0]) for name, counts in warehouse.arrays("FROM records").items()
        },
        crossed=_one(warehouse, "SELECT count(*) FROM crossed"),
        settled=warehouse.query("SELECT since FROM settled")[0][0],
        since=_moment(since),
        until=_moment(until),
    )


def _named(warehouse: Warehouse, experiment: str | None) -> str | None:
    names = [
        row[0]
        for row in warehouse.query(
            "SELECT DISTINCT experiment FROM exposure_lines WHERE experiment IS NOT NULL ORDER BY 1"
        )
    ]
    listed = ", ".join(names) or "none"
    if experiment is not None and experiment not in names:
        raise SourceError(f"the log has no experiment {experiment}; it has {listed}")
    if experiment is None and len(names) > 1:
        raise SourceError(f"which experiment? The log has {listed}: say --experiment")
    return experiment or next(iter(names), None)


def _register_pseudonyms(warehouse: Warehouse, key: bytes) -> None:
    ids = warehouse.arrays("SELECT DISTINCT user_id FROM feed")["user_id"]
    names = [pseudonym(reader, key) for reader in ids.tolist()]
    table = pa.table({"user_id": pa.array(ids.tolist(), pa.int64()), "reader": names})
    warehouse.register("pseudonyms", table)


def _check(warehouse: Warehouse, name: str | None) -> None:
    if not _one(warehouse, "SELECT count(*) FROM exposures"):
        raise SourceError(f"the log has no feed of the experiment {name}, only posts to rerank")
    known = "SELECT count(*) FROM exposures SEMI JOIN pseudonyms USING (reader)"
    if not _one(warehouse, known):
        raise SourceError(
            "no reader of the log is in the feed: READER_HASH_KEY is not the function's, or the "
            "feed is another network's"
        )
    if not _one(warehouse, "SELECT count(*) FROM compared"):
        raise SourceError(
            "nothing can be compared: the feed ends before the window after any exposure does, or "
            "every reader was seen in two arms"
        )


def _readers(warehouse: Warehouse) -> Readers:
    rows = warehouse.arrays(
        """
        SELECT t.arm, sum(t.exposures) AS exposures, sum(t.shown) AS shown, sum(t.likes) AS likes,
            sum(t.hits) AS hits, coalesce(any_value(b.views), 0) AS views_before,
            coalesce(any_value(b.likes), 0) AS likes_before
        FROM totals AS t LEFT JOIN before AS b USING (reader)
        GROUP BY t.arm, reader ORDER BY reader
        """
    )
    return Readers(
        rows.pop("arm"), **{name: column.astype(np.float64) for name, column in rows.items()}
    )


def _one(warehouse: Warehouse, statement: str) -> int:
    return int(warehouse.query(statement)[0][0])


def _moment(seconds: int) -> datetime:
    return datetime.fromisoformat(str(np.datetime64(seconds, "s")))
