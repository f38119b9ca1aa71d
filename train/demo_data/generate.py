"""The generator from end to end: draws posts and readers, gathers the feed by day, writes all."""

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.demo_data import packing
from train.demo_data.catalogue import Catalogue, draw_catalogue
from train.demo_data.feed import draw_feed
from train.demo_data.folder import open_folder
from train.demo_data.plan import COHORT, DemoDataError, Plan, Stream
from train.demo_data.population import Readers, draw_readers, user_ids
from train.demo_data.postgres import open_database
from train.demo_data.prose import write_texts
from train.demo_data.spill import DaySpill
from train.demo_data.tables import FeedRows, Output
from train.demo_data.taste import DAY, START, TOPICS


@dataclass(frozen=True)
class Summary:
    """Rows written to each table."""

    user_data: int
    post_text_df: int
    feed_data: int


def write(
    out: str,
    *,
    users: int,
    posts: int,
    days: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Generates the three tables; the same arguments give the same rows.

    Args:
        out: A new or empty folder, or a `postgresql://` URL of a database where the tables are
            absent or empty.
        users: Readers, 1 or more.
        posts: Posts, 7 or more.
        days: Days of feed from 2021-10-01, 1 or more.
        seed: Not negative.
        progress: Called with the steps done and the steps there are: one for each cohort of readers
            drawn, one for each day written.

    Returns:
        How many rows each table has.

    Raises:
        DemoDataError: If an argument is out of range, or `out` cannot take the tables. Nothing is
            written then.
    """
    plan = Plan(users=users, posts=posts, days=days, seed=seed)
    report = progress or (lambda _done, _total: None)
    with _open(out) as output, tempfile.TemporaryDirectory(prefix="lenta-demo-data-") as scratch:
        return _generate(plan, output, DaySpill(Path(scratch)), report)


def _open(out: str) -> AbstractContextManager[Output]:
    scheme, separator, _ = out.partition("://")
    if not separator:
        return open_folder(Path(out))
    if scheme in {"postgresql", "postgres"}:
        return open_database(out)
    raise DemoDataError(f"demo data go to a folder or to postgresql://..., not to {scheme}://")


def _generate(
    plan: Plan, output: Output, spill: DaySpill, report: Callable[[int, int], None]
) -> Summary:
    catalogue = draw_catalogue(plan)
    _write_posts(plan, catalogue, output)
    ids = user_ids(plan)
    cohorts = []
    steps = -(-plan.users // COHORT) + plan.days
    for done, cohort in enumerate(plan.cohorts(), start=1):
        readers = draw_readers(plan, cohort, catalogue.axes)
        for day, rows in draw_feed(plan, cohort, readers, catalogue):
            spill.add(day, rows)
        cohorts.append(readers)
        report(done, steps)
    _write_users(ids, cohorts, output)
    feed_rows = 0
    for day in range(plan.days):
        packed = spill.take(day)
        output.write_feed(_feed_rows(day, packed, ids, catalogue.post_id))
        feed_rows += len(packed)
        report(len(cohorts) + day + 1, steps)
    return Summary(user_data=plan.users, post_text_df=plan.posts, feed_data=feed_rows)


def _write_posts(plan: Plan, catalogue: Catalogue, output: Output) -> None:
    texts = write_texts(catalogue, plan.rng(Stream.PROSE))
    topics = np.array(TOPICS)[catalogue.topic]
    output.write_posts({"post_id": catalogue.post_id, "text": texts, "topic": topics})


def _write_users(ids: NDArray[np.int64], cohorts: list[Readers], output: Output) -> None:
    columns = {
        name: np.concatenate([readers.columns[name] for readers in cohorts])
        for name in cohorts[0].columns
    }
    output.write_users({"user_id": ids} | columns)


def _feed_rows(
    day: int, packed: NDArray[np.uint64], ids: NDArray[np.int64], post_ids: NDArray[np.int64]
) -> FeedRows:
    second, reader, post, what = packing.unpack(packed)
    return FeedRows(
        timestamp=(START + (day * DAY + second)).astype("datetime64[us]"),
        user_id=ids.astype(np.int32)[reader],
        post_id=post_ids.astype(np.int32)[post],
        action=(what == packing.LIKE).astype(np.int8),
        target=(what == packing.LIKED_VIEW).astype(np.int32),
    )
