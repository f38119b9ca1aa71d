"""Nothing that is measured knows the future, and what does is found out."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from train.evaluation.bootstrap import Resamples
from train.evaluation.leaks import strongest_input
from train.evaluation.protocol import BASELINES, HISTORY, POPULATIONS, evaluate
from train.evaluation.ranking import GAUC, HIT_RATE, RANDOM, rank_metrics
from train.evaluation.releases import Past, Release
from train.evaluation.scorers import LENTA, Fit, lenta
from train.evaluation.sessions import gather
from train.evaluation.world import UNKNOWN_READER, World, make_world
from train.features.build import build_features
from train.inputs import model_inputs
from train.progress import Silent
from train.settings import RunSettings
from train.source.checks import clean_tables
from train.source.read import read_source
from train.source.tables import TableNames
from train.split import split_days
from train.warehouse import Warehouse

pytestmark = pytest.mark.slow

CUT = date(2021, 10, 9)
SPLIT = split_days(date(2021, 10, 2), date(2021, 10, 14), CUT)
LATER = f"\"timestamp\" >= '{CUT}'"
HELD_OUT = "user_id % 5 = 0"

CHANGES = {
    "removed": f"DELETE FROM feed_data WHERE {LATER}",
    "likes turned": f"UPDATE feed_data SET target = 1 - target WHERE {LATER}",
    "other posts": (
        f"UPDATE feed_data SET post_id = (SELECT max(post_id) FROM post_text_df) WHERE {LATER}"
    ),
    "more of them": (
        'INSERT INTO feed_data SELECT * REPLACE ("timestamp" + INTERVAL 1 MINUTE AS "timestamp", '
        f"1 AS target) FROM feed_data WHERE {LATER}"
    ),
}


def changed(source: Path, folder: Path, change: str) -> Path:
    """The tables after SQL has changed them."""
    folder.mkdir(parents=True)
    with duckdb.connect() as database:
        for name in ("user_data", "post_text_df", "feed_data"):
            database.execute(f"CREATE TABLE {name} AS FROM '{source / name}.parquet'")
        database.execute(change)
        for name in ("user_data", "post_text_df", "feed_data"):
            database.execute(f"COPY {name} TO '{folder / name}.parquet'")
    return folder


def loaded(source: Path, work: Path) -> Warehouse:
    warehouse = Warehouse(work)
    read_source(warehouse, str(source), TableNames(), "UTC", lambda _done, _expected: None)
    clean_tables(warehouse, TableNames(), "UTC", datetime(2021, 12, 1))
    return warehouse


def world_of(warehouse: Warehouse) -> World:
    return make_world(warehouse, build_features(warehouse, 10**9, seed=1))


@pytest.fixture(scope="module")
def world(demo_source: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    return world_of(loaded(demo_source, tmp_path_factory.mktemp("work")))


@pytest.fixture(scope="module", params=CHANGES)
def other_world(
    request: pytest.FixtureRequest, demo_source: Path, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """The same until the cut."""
    folder = tmp_path_factory.mktemp("changed")
    source = changed(demo_source, folder / "tables", CHANGES[request.param])
    return world_of(loaded(source, folder / "work"))


def knows_the_future(fit: Fit, world: World, other: World) -> bool:
    """Whether what happens from the cut on changes the scores of the first day after it."""
    day = world.features.pairs["day"].astype("datetime64[D]")
    shown = world.features.select(day == np.datetime64(CUT))
    one, two = (fit(which, SPLIT, 1)(shown) for which in (world, other))
    return not np.array_equal(one, two)


FITS = {LENTA: lenta} | BASELINES


@pytest.mark.parametrize("name", FITS)
def test_whatever_happens_later_leaves_the_scores_as_they_were(
    name: str, world: World, other_world: World
) -> None:
    assert not knows_the_future(FITS[name], world, other_world)


def of_the_same_day(world: World, _split: object, _seed: int) -> Callable[..., object]:
    """Popularity, with the day itself counted: the commonest leak."""

    def score(features: object) -> object:
        pairs = features.pairs  # type: ignore[attr-defined]
        post = world.posts_of(features)  # type: ignore[arg-type]
        views, likes = world.post_views.as_of(pairs["day"] + np.timedelta64(1, "D"), post)
        return likes / np.maximum(views, 1)

    return score


def fitted_to_everything(world: World, _split: object, seed: int) -> Callable[..., object]:
    """An honest scorer, fitted to the days it is measured on."""
    last = date(2021, 10, 14)
    return BASELINES["logistic regression"](
        world, split_days(SPLIT.held_out_from, last, last), seed
    )


@pytest.mark.parametrize("fit", [of_the_same_day, fitted_to_everything])
def test_a_scorer_that_knows_the_future_is_found_out(
    fit: Fit, world: World, other_world: World
) -> None:
    assert knows_the_future(fit, world, other_world)


def test_an_input_that_knows_the_future_is_found_out(world: World) -> None:
    day = world.features.pairs["day"].astype("datetime64[D]")
    shown = world.features.select(day >= np.datetime64(CUT))
    liked, names = shown.pairs["liked"], shown.schema.model
    honest = model_inputs(shown)
    assert not strongest_input(honest, liked, names).suspect
    # The like rate of the pair's post and reader over all days, its own like among them.
    pair = shown.pairs["user_id"] * 2**20 + shown.pairs["post_id"]
    _, index = np.unique(pair, return_inverse=True)
    leak = (np.bincount(index, liked) / np.bincount(index))[index].astype(np.float32)
    planted = strongest_input(np.column_stack((honest, -leak)), liked, (*names, "planted"))
    assert (planted.name, planted.suspect) == ("planted", True)


def test_what_was_shown_is_by_reader_and_time_and_sessions_are_not_split(world: World) -> None:
    pairs = world.features.pairs
    assert (np.diff(pairs["user_id"] * 2**33 + pairs["time"]) >= 0).all()


def released(source: Path, work: Path, *, hold_out: bool = True) -> Release:
    warehouse = loaded(source, work)
    readers = warehouse.arrays(f"SELECT user_id FROM readers WHERE {HELD_OUT}")["user_id"]
    return Past(warehouse, 10**9, seed=1).release(CUT, readers if hold_out else readers[:0])


def contents(release: Release) -> bytes:
    pairs = release.world.features.pairs
    rows = (release.reader_ids, release.readers, release.post_ids, release.posts)
    counted = (release.world.post_views.likes, release.world.topic_views.views)
    return b"".join(column.tobytes() for column in (*pairs.values(), *rows, *counted))


def test_a_release_knows_neither_later_days_nor_readers_held_out(
    demo_source: Path, tmp_path: Path
) -> None:
    turn = f"UPDATE feed_data SET target = 1 - target WHERE {LATER} OR {HELD_OUT}"
    other_source = changed(demo_source, tmp_path / "tables", turn)
    release = released(demo_source, tmp_path / "one")
    assert contents(release) == contents(released(other_source, tmp_path / "two"))
    # The comparison would tell: with those readers learned from, it does.
    everyone = [
        released(source, tmp_path / str(i), hold_out=False)
        for i, source in enumerate((demo_source, other_source))
    ]
    assert contents(everyone[0]) != contents(everyone[1])

    pairs = release.world.features.pairs
    assert not (pairs["user_id"] % 5 == 0).any()
    assert pairs["day"].max() < np.datetime64(CUT)
    assert (release.reader_ids % 5 == 0).any()  # they have a profile all the same


def test_of_an_unknown_reader_nothing_is_known(
    world: World, demo_source: Path, tmp_path: Path
) -> None:
    release = released(demo_source, tmp_path / "work")
    nobody = np.full(len(world.features.pairs["user_id"]), UNKNOWN_READER)
    seen = release.rows_for({**world.features.pairs, "user_id": nobody})
    assert np.isnan(seen.readers[seen.pairs["reader_row"]]).all()
    # Whose session it is does not matter to the score: one post at one time has one score.
    some = np.arange(0, len(nobody), 50)
    pairs = {name: column[some] for name, column in seen.pairs.items()}
    same = {**pairs, "post_id": np.full(len(some), pairs["post_id"][0])}
    same |= {"time": np.full(len(some), pairs["time"][0])}
    rows = release.rows_for(same)
    for name, fit in FITS.items():
        assert len(np.unique(fit(release.world, SPLIT, 1)(rows))) == 1, name


def errors_from_chance(source: Path) -> dict[tuple[str, str, str], float]:
    """By how many standard errors each scorer's hit rate and GAUC are off chance."""
    found = evaluate(RunSettings(str(source), ""), 1, Silent())
    errors = {}
    for population in POPULATIONS:
        sessions = gather(found.scored[population])
        assert sessions is not None
        table = rank_metrics(sessions, Resamples(sessions.slates.reader_count, 1))
        for name, samples in table.items():
            for metric in (HIT_RATE, GAUC) if name != RANDOM else ():
                gain = samples[metric].less(table[RANDOM][metric])
                spread = (samples[metric].resampled - table[RANDOM][metric].resampled).std()
                errors[population, name, metric] = gain.value / spread if spread else 0.0
    return errors


@pytest.mark.slow
def test_likes_that_nobody_gave_are_ranked_as_by_chance(demo_source: Path, tmp_path: Path) -> None:
    shuffle = """
        DELETE FROM feed_data WHERE action = 'like';
        UPDATE feed_data SET target = (hash(user_id, post_id, "timestamp") % 100 < 12)::INTEGER
    """
    errors = errors_from_chance(changed(demo_source, tmp_path / "tables", shuffle))
    assert max(map(abs, errors.values())) < 4  # of some fifty, by chance
    assert errors_from_chance(demo_source)[HISTORY, LENTA, GAUC] > 4
