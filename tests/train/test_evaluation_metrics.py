"""The metrics of the evaluation are the field's own, computed by others the same."""

import ir_measures
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from ir_measures import RR, R, Success, nDCG
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score

from tests.train.test_evaluation import Rows, grouped, impressions
from train.evaluation import slates
from train.evaluation.bootstrap import Resamples, Sample
from train.evaluation.calibration import BINS, calibrate
from train.evaluation.catalogue import coverage, gini
from train.evaluation.slates import Slates, group_slates


def judged(rows: Rows) -> tuple[Slates, npt.NDArray[np.int64], dict[str, dict[str, float]]]:
    """Slates, our ranks, and what ir-measures makes of the same order: metric → slate → value."""
    shown, scores = grouped(rows)
    # trec_eval orders equal scores by its own rule: here are none.
    scores = scores + np.linspace(0, 0.5, len(scores))
    rank = slates.ranks(shown, scores)
    slate = shown.slate_of_row
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, dict[str, float]] = {}
    for row in range(len(scores)):
        qrels.setdefault(str(slate[row]), {})[str(row)] = int(shown.liked[row])
        run.setdefault(str(slate[row]), {})[str(row)] = float(scores[row])
    found: dict[str, dict[str, float]] = {}
    for metric in ir_measures.iter_calc([nDCG @ 5, nDCG @ 10, RR, Success @ 5, R @ 5], qrels, run):
        found.setdefault(str(metric.measure), {})[metric.query_id] = metric.value
    return shown, rank, found


@given(impressions())
def test_hit_rate_ndcg_and_reciprocal_rank_agree_with_trec_eval(rows: Rows) -> None:
    shown, rank, theirs = judged(rows)
    for name, ours in (
        ("nDCG@5", slates.ndcg(shown, rank)),
        ("nDCG@10", slates.ndcg(shown, rank, 10)),
        ("RR", slates.reciprocal_rank(shown, rank)),
        ("Success@5", slates.hit_rate(shown, rank)),
    ):
        for slate, value in enumerate(ours):
            # Without a like ours is left out, theirs is 0.
            assert theirs[name][str(slate)] == pytest.approx(np.nan_to_num(value))


def test_the_expected_reciprocal_rank_of_chance_is_what_shuffling_gives() -> None:
    generator = np.random.default_rng(3)
    sizes, likes = [1, 3, 5, 12, 28], [0, 1, 5, 3, 4]
    user_id = np.repeat(np.arange(len(sizes)), sizes)
    liked = np.concatenate([np.arange(s) < k for s, k in zip(sizes, likes, strict=True)])
    shown = group_slates(user_id, np.zeros(len(user_id), np.int32), liked, np.arange(len(user_id)))
    shuffled = np.mean(
        [
            slates.reciprocal_rank(shown, slates.ranks(shown, generator.random(len(user_id))))
            for _ in range(4_000)
        ],
        axis=0,
    )
    expected = slates.random_reciprocal_rank(shown)
    assert expected == pytest.approx(shuffled, abs=0.02, nan_ok=True)


def fed(seed: int, readers: int = 40) -> tuple[Slates, npt.NDArray[np.float64]]:
    """Readers of unequal taste, ten posts each, and scores that tell something, with ties."""
    generator = np.random.default_rng(seed)
    count = readers * 10
    taste = np.repeat(generator.beta(2, 4, readers), 10)
    liked = generator.random(count) < taste
    scores = np.round(liked + 2 * generator.normal(size=count), 1)
    user_id = np.repeat(np.arange(readers), 10)
    shown = group_slates(user_id, np.zeros(count, np.int32), liked, np.arange(count))
    return shown, scores


def test_auc_by_reader_is_the_mean_of_scikit_learn_s_weighted_by_impressions() -> None:
    shown, scores = fed(1)
    expected = [
        roc_auc_score(shown.liked[start : start + 10], scores[start : start + 10])
        for start in shown.starts
        if 0 < shown.liked[start : start + 10].sum() < 10
    ]
    found = Resamples(shown.reader_count, 1).gauc(shown, scores, shown.reader_of_row)
    assert found.value == pytest.approx(np.mean(expected))


def test_auc_of_one_fold_is_scikit_learn_s_and_scores_of_two_folds_are_not_compared() -> None:
    shown, scores = fed(2)
    resamples = Resamples(shown.reader_count, 1)
    one = np.zeros(len(scores), np.int64)
    found = resamples.auc(shown, scores, one)
    assert found.value == pytest.approx(roc_auc_score(shown.liked, scores))
    two = (shown.reader_of_row >= 20).astype(np.int64)
    apart = resamples.auc(shown, scores, two)
    moved = resamples.auc(shown, scores + 100 * two, two)
    assert moved.value == pytest.approx(apart.value)
    assert moved.resampled == pytest.approx(apart.resampled)


def test_auc_in_resamples_is_that_of_the_readers_drawn() -> None:
    shown, scores = fed(3)
    resamples = Resamples(shown.reader_count, 1)
    found = resamples.auc(shown, scores, np.zeros(len(scores), np.int64))
    weights = resamples._weights[:50]  # noqa: SLF001 - the draws themselves are what is compared
    expected = [
        roc_auc_score(shown.liked, scores, sample_weight=weight[shown.reader_of_row])
        for weight in weights
    ]
    assert found.resampled[:50] == pytest.approx(expected, abs=0.002)


def test_a_paired_difference_covers_the_truth_as_often_as_it_says_and_is_narrower() -> None:
    generator = np.random.default_rng(5)
    covered, trials = 0, 100
    for trial in range(trials):
        taste = generator.normal(size=60)
        ours = np.repeat(taste, 5) + generator.normal(0.1, 0.5, 300)
        theirs = np.repeat(taste, 5) + generator.normal(0.0, 0.5, 300)
        reader = np.repeat(np.arange(60), 5)
        resamples = Resamples(60, trial)
        one, other = (resamples.mean(values, reader, np.ones(300)) for values in (ours, theirs))
        gain = one.less(other)
        covered += gain.low <= 0.1 <= gain.high
        assert gain.high - gain.low < one.estimate.high - one.estimate.low
    assert 0.89 * trials <= covered <= 0.99 * trials


def test_means_of_parts_are_those_of_their_rows_in_every_resample() -> None:
    readers, seed = 30, 5
    generator = np.random.default_rng(0)
    reader = generator.integers(readers, size=400)
    values = np.where(generator.random(400) < 0.1, np.nan, generator.random(400))
    inside = generator.random((400, 2)) < (0.9, 0.3)
    resamples = Resamples(readers, seed)
    for part, found in zip(
        inside.T, resamples.means(values, reader, inside.astype(float)), strict=True
    ):
        alone = resamples.mean(values[part], reader[part], np.ones(part.sum()))
        assert found.value == pytest.approx(np.nanmean(values[part]))
        np.testing.assert_allclose(found.resampled, alone.resampled)


def test_a_share_of_the_way_is_0_at_the_floor_and_1_at_the_ceiling() -> None:
    floor, ceiling = Sample(0.4, np.array([0.39, 0.41])), Sample(0.6, np.array([0.61, 0.59]))
    middle = Sample(0.5, np.array([0.5, 0.5]))
    assert floor.share(floor, ceiling).value == 0
    assert ceiling.share(floor, ceiling).value == 1
    assert middle.share(floor, ceiling).value == pytest.approx(0.5)


def test_the_reliability_curve_is_scikit_learn_s_and_its_error_the_mean_gap() -> None:
    generator = np.random.default_rng(4)
    margins = generator.normal(-1, 1, 5_000)
    probability = 1 / (1 + np.exp(-margins))
    honest = generator.random(5_000) < probability
    found = calibrate(margins, honest)
    observed, predicted = calibration_curve(honest, probability, n_bins=BINS, strategy="quantile")
    assert found.predicted == pytest.approx(predicted)
    assert found.observed == pytest.approx(observed)
    assert found.error < 0.03
    assert calibrate(margins + 1, honest).error > 0.1


def test_exposure_is_even_where_all_posts_are_recommended_alike() -> None:
    assert gini(np.arange(10).reshape(2, 5), 10) == pytest.approx(0)
    assert coverage(np.arange(10).reshape(2, 5), 10) == 1.0
    always_the_same = np.full((50, 1), 7)
    assert gini(always_the_same, 10) == pytest.approx(0.9)  # the most there is: 1 - 1 / posts
    assert coverage(always_the_same, 10) == 0.1
