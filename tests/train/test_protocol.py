"""The evaluation measures every scorer on the same rows, readers held out apart."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.releases import POSTS, READERS, Trained
from tools.bench.lift import oracle_of
from train import cli
from train.evaluation import catalogue
from train.evaluation.bootstrap import Resamples
from train.evaluation.markdown import evaluation_markdown
from train.evaluation.protocol import (
    HISTORY,
    NEW_AMONG_OTHERS,
    NEW_POSTS,
    POPULATIONS,
    PROFILE,
    STALE,
    UNKNOWN,
    Evaluated,
    evaluate,
)
from train.evaluation.ranking import HIT_RATE, METRICS, RANDOM, rank_metrics
from train.evaluation.scorers import LENTA, POPULARITY
from train.evaluation.sessions import gather
from train.evaluation.slates import CUTOFF
from train.progress import Silent
from train.settings import RunSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def evaluated(demo_source: Path) -> Evaluated:
    oracle = oracle_of(users=READERS, posts=POSTS, seed=1)
    settings = RunSettings(str(demo_source), "")
    return evaluate(settings, 2, Silent(), {"oracle": lambda *_: oracle})


def test_every_scorer_scores_the_same_rows_of_every_population(evaluated: Evaluated) -> None:
    for population in POPULATIONS:
        assert [window.fold for window in evaluated.scored[population]] == [0, 1]
        for window in evaluated.scored[population]:
            lengths = {len(scores) for scores in window.scores.values()}
            assert lengths == {len(window.features.pairs["liked"])}
            assert all(np.isfinite(scores).all() for scores in window.scores.values())


def test_readers_held_out_of_a_fold_are_a_fifth_and_others_in_the_next(
    evaluated: Evaluated,
) -> None:
    def readers(population: str, fold: int) -> set[int]:
        return set(evaluated.scored[population][fold].features.pairs["user_id"].tolist())

    for fold in (0, 1):
        held_out, learned_from = readers(PROFILE, fold), readers(STALE, fold)
        assert held_out == readers(UNKNOWN, fold)
        assert not held_out & learned_from
        assert held_out | learned_from == readers(HISTORY, fold)
        assert 0.15 < len(held_out) / len(readers(HISTORY, fold)) < 0.25
    assert not readers(PROFILE, 0) & readers(PROFILE, 1)


def test_posts_held_out_of_a_fold_are_a_fifth_and_others_in_the_next(evaluated: Evaluated) -> None:
    def posts(population: str, fold: int) -> set[int]:
        return set(evaluated.scored[population][fold].features.pairs["post_id"].tolist())

    for fold in (0, 1):
        assert posts(NEW_AMONG_OTHERS, fold) == posts(HISTORY, fold)
        assert posts(NEW_POSTS, fold) < posts(HISTORY, fold)
        assert 0.15 < len(posts(NEW_POSTS, fold)) / len(posts(HISTORY, fold)) < 0.25
    assert not posts(NEW_POSTS, 0) & posts(NEW_POSTS, 1)


def test_of_a_post_held_out_nothing_but_the_text_is_known(evaluated: Evaluated) -> None:
    window = evaluated.scored[NEW_POSTS][0]
    features, schema = window.features, window.features.schema
    rows = features.posts[np.unique(features.pairs["post_row"])]
    assert (rows[:, schema.post.index("post_age")] == 0).all()
    # Of a topic all are liked as much as the topic is, as far as anyone knows.
    rate, topic = (rows[:, schema.post.index(name)] for name in ("post_like_rate", "topic"))
    assert all(len(np.unique(rate[topic == number])) == 1 for number in np.unique(topic))
    # Popularity therefore ranks them by topic alone, and Lenta does not.
    assert len(np.unique(window.scores[POPULARITY])) <= len(np.unique(topic))
    assert len(np.unique(window.scores[LENTA])) > 10 * len(np.unique(topic))


def test_one_fold_measures_what_a_run_does(trained: Trained) -> None:
    found = evaluate(RunSettings(str(trained.source), ""), 1, Silent())
    sessions = gather(found.scored[HISTORY])
    assert sessions is not None
    table = rank_metrics(sessions, Resamples(sessions.slates.reader_count, 1))
    for model in (LENTA, POPULARITY, RANDOM):
        for metric in ("hit_rate@5", "ndcg@5", "auc"):
            score = trained.manifest.evaluation.score(metric, model)
            assert score is not None
            assert table[model][metric].value == pytest.approx(score.value)


def test_who_knows_the_true_probabilities_is_best_and_the_share_of_the_lift_lies_below_1(
    evaluated: Evaluated,
) -> None:
    sessions = gather(evaluated.scored[HISTORY])
    assert sessions is not None
    table = rank_metrics(sessions, Resamples(sessions.slates.reader_count, 1))
    assert set(table) == {*sessions.scores, RANDOM}
    assert all(set(samples) == set(METRICS) for samples in table.values())
    assert max(table, key=lambda name: table[name]["gauc"].value) == "oracle"
    hits = {name: samples[HIT_RATE] for name, samples in table.items()}
    assert 0 < hits[LENTA].share(hits[RANDOM], hits["oracle"]).value < 1


def test_requests_are_of_the_whole_catalogue_less_what_was_liked(evaluated: Evaluated) -> None:
    likes = evaluated.world.likes
    for fold, answered in zip(evaluated.folds, evaluated.answered, strict=True):
        assert answered.posts == POSTS
        assert 0 < len(answered.readers) <= catalogue.MOST_REQUESTS
        before = likes[likes["day"] < np.datetime64(fold.split.test_from)]
        liked = set(zip(before["user_id"], before["post_id"], strict=True))
        for lists in answered.lists.values():
            for reader, first in zip(answered.readers, lists.first, strict=True):
                assert len(set(first)) == CUTOFF
                assert not liked & {(reader, post) for post in first}


def test_the_report_has_every_table_and_is_the_same_each_time(evaluated: Evaluated) -> None:
    text = evaluation_markdown(evaluated, seed=1)
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Folds",
        f"## Re-ranking: {HISTORY}",
        f"## Slices: {HISTORY}",
        f"## Calibration: {HISTORY}",
        *(f"## Re-ranking: {population}" for population in POPULATIONS[1:]),
        "## The whole catalogue",
    ]
    assert "nan" not in text
    assert text == evaluation_markdown(evaluated, seed=1)


def test_the_command_prints_the_report_and_writes_it(
    demo_source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.md"
    call = ["evaluate", "--source", str(demo_source), "--folds", "1"]
    assert cli.main([*call, "--report", str(report)]) == cli.OK
    assert capsys.readouterr().out == report.read_text()
    assert report.read_text().startswith("# Evaluation\n")


def test_more_folds_than_days_are_refused_with_a_sentence(
    demo_source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", "--source", str(demo_source), "--folds", "99"]) == cli.FAILED
    assert "make no 99 folds" in capsys.readouterr().err
