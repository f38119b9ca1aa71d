"""An experiment from its log to its result: the one place that wires the parts."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from train.experiment.assignment import sample_ratio
from train.experiment.compare import compare
from train.experiment.explored import explored_feeds
from train.experiment.gather import Gathered, gather
from train.experiment.log import read_log
from train.experiment.offpolicy import PolicyValue, evaluate
from train.experiment.ratios import ratio
from train.experiment.result import Rates, Result
from train.experiment.verdict import distrust, sentences
from train.progress import Progress
from train.source.checks import clean_tables
from train.source.load import network_now, read_tables
from train.source.tables import TableNames
from train.stages import tell_dropped, tell_scripts
from train.threads import one_for_blas
from train.warehouse import Warehouse

_SECONDS_OF_HOUR, _SECONDS_OF_DAY = 3_600, 86_400


@dataclass(frozen=True)
class ExperimentSettings:
    """What is evaluated.

    Attributes:
        exposures: the log, a file or a folder.
        source: the network's tables, as of a training run.
        key: of the readers' pseudonyms, READER_HASH_KEY of the function.
        experiment: its name; None for the only one of the log.
        window_hours: so long after an exposure a like is its own.
        names: how the source calls its tables.
        timezone: the network's clock.
        work: where the tables are kept; by default in a temporary folder.
        memory: the most that DuckDB may take.
    """

    exposures: Path
    source: str
    key: bytes
    experiment: str | None = None
    window_hours: float = 24
    names: TableNames = field(default_factory=TableNames)
    archive: str | None = None
    timezone: str = "UTC"
    work: Path | None = None
    memory: str = "4GB"


def analyse(settings: ExperimentSettings, progress: Progress) -> Result:
    """Read the log and the feed, and compare the arms.

    Raises:
        TrainError: the log or the tables cannot be read, or do not belong together.
    """
    with ExitStack() as stack, one_for_blas():
        folder = settings.work or Path(stack.enter_context(tempfile.TemporaryDirectory("-lenta")))
        warehouse = Warehouse(folder, settings.memory, timed=tell_scripts(progress))
        stack.callback(warehouse.close)
        with progress.stage("reading the log"):
            lines = read_log(warehouse, settings.exposures, progress)
        with progress.stage("reading the tables"):
            read_tables(warehouse, settings, progress)
            dropped = clean_tables(
                warehouse, settings.names, settings.timezone, network_now(settings.timezone)
            )
        tell_dropped(progress, dropped)
        with progress.stage("attributing the likes"):
            window = round(settings.window_hours * _SECONDS_OF_HOUR)
            gathered = gather(warehouse, settings.experiment, settings.key, window)
        ratio_of_arms = (
            sample_ratio(gathered.first, gathered.shares) if gathered.experiment else None
        )
        doubt = distrust(ratio_of_arms, gathered.crossed, len(gathered.readers.arm))
        days = (gathered.until - gathered.since).total_seconds() / _SECONDS_OF_DAY
        comparisons, with_history = compare(gathered.readers, days)
        with progress.stage("evaluating other policies"):
            policies = _policies(warehouse, gathered)
        return Result(
            experiment=gathered.experiment,
            verdict=(doubt,) if doubt else sentences(comparisons),
            trusted=doubt is None,
            lines=lines,
            exposures=gathered.exposures,
            window_hours=settings.window_hours,
            since=gathered.since,
            until=gathered.until,
            settled=gathered.settled,
            sample_ratio=ratio_of_arms,
            crossed=gathered.crossed,
            with_history=with_history,
            arms=_rates(warehouse, by_source=False),
            sources=_rates(warehouse, by_source=True),
            comparisons=tuple(comparisons),
            policies=policies,
        )


def _rates(warehouse: Warehouse, *, by_source: bool) -> tuple[Rates, ...]:
    source = "source" if by_source else "NULL"
    rows = warehouse.query(
        f"""
        SELECT arm, {source} AS of_source, list(n) AS exposures, list(shown), list(likes),
            list(hits)
        FROM (
            SELECT arm, {source} AS source, reader, sum(exposures)::DOUBLE AS n,
                sum(shown)::DOUBLE AS shown, sum(likes)::DOUBLE AS likes, sum(hits)::DOUBLE AS hits
            FROM totals GROUP BY ALL ORDER BY reader
        ) GROUP BY ALL ORDER BY arm, of_source
        """  # noqa: S608 - our own names
    )
    return tuple(_row(arm, of_source, columns) for arm, of_source, *columns in rows)


def _row(arm: str, source: str | None, columns: Sequence[Sequence[float]]) -> Rates:
    exposures, shown, likes, hits = (np.array(column) for column in columns)
    return Rates(
        arm=arm,
        source=source,
        readers=len(exposures),
        exposures=int(exposures.sum()),
        shown=int(shown.sum()),
        likes=int(likes.sum()),
        like_rate=ratio(likes, shown).estimate,
        hit_rate=ratio(hits, exposures).estimate,
    )


def _policies(warehouse: Warehouse, gathered: Gathered) -> dict[str, list[PolicyValue]]:
    arms = [str(arm) for arm in np.unique(gathered.readers.arm)]
    feeds = {arm: explored_feeds(warehouse, arm) for arm in arms}
    return {arm: evaluate(explored) for arm, explored in feeds.items() if explored}
