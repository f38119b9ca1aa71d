"""The evaluation as Markdown: the same tables on the terminal, in a file and in the documents."""

from collections.abc import Iterator

import numpy as np

from train.evaluation.bootstrap import RESAMPLES, Estimate, Resamples
from train.evaluation.calibration import calibrate
from train.evaluation.catalogue import DIVERSITY, HIT, NOVELTY, RECALL, coverage, gini
from train.evaluation.leaks import SUSPECT
from train.evaluation.protocol import HISTORY, Evaluated
from train.evaluation.ranking import HIT_RATE, METRICS, RANDOM, rank_metrics
from train.evaluation.scorers import LENTA
from train.evaluation.sessions import Sessions, gather
from train.evaluation.slates import CUTOFF
from train.evaluation.slices import slices


def evaluation_markdown(found: Evaluated, seed: int) -> str:
    """All tables, each under a heading."""
    return "\n".join(_lines(found, seed)) + "\n"


def _lines(found: Evaluated, seed: int) -> Iterator[str]:
    yield from _basis(found, seed)
    yield from _folds(found, seed)
    for population, windows in found.scored.items():
        sessions = gather(windows)
        if sessions is None:
            continue
        yield from _population(population, sessions, seed)
        if population == HISTORY:
            yield from _slices(found, sessions, seed)
            yield from _calibration(sessions)
    yield from _catalogue(found, seed)


def _basis(found: Evaluated, seed: int) -> Iterator[str]:
    pairs, split = found.world.features.pairs, found.folds[0].split
    readers, views = len(np.unique(pairs["user_id"])), len(pairs["liked"])
    yield "# Evaluation"
    yield ""
    yield (
        f"{views:,} impressions of {readers:,} readers, {len(found.world.posts):,} posts; measured "
        f"on {len(found.folds)} windows from {split.test_from} on; seed {seed}. In brackets "
        f"95 % intervals by the bootstrap over readers, {RESAMPLES:,} resamples."
    )


def _folds(found: Evaluated, seed: int) -> Iterator[str]:
    yield from _heading("Folds")
    models = list(found.scored[HISTORY][0].scores)
    yield from _header(
        "days", "sessions", "readers", *(f"{m}, {HIT_RATE}" for m in (*models, RANDOM))
    )
    for fold, window in zip(found.folds, found.scored[HISTORY], strict=True):
        days = f"{fold.split.test_from} to {fold.split.last}"
        sessions = gather([window])
        if sessions is None:
            yield _row(days, "0", "0", *("" for _ in (*models, RANDOM)))
            continue
        shown = sessions.slates
        table = rank_metrics(sessions, Resamples(shown.reader_count, seed))
        yield _row(
            days, f"{len(shown.sizes):,}", f"{shown.reader_count:,}",
            *(_number(table[model][HIT_RATE].value) for model in (*models, RANDOM)),
        )  # fmt: skip
    yield ""
    for fold, strongest in zip(found.folds, found.strongest, strict=True):
        warning = f"; above {SUSPECT} it is suspect of knowing the future" * strongest.suspect
        yield (
            f"- from {fold.split.test_from} on, the input that tells most by itself is "
            f"{strongest.name}, AUC {_number(strongest.auc)}{warning}"
        )


def _population(name: str, sessions: Sessions, seed: int) -> Iterator[str]:
    shown = sessions.slates
    yield from _heading(f"Re-ranking: {name}")
    count, readers, likes = len(shown.sizes), shown.reader_count, shown.liked.sum()
    yield f"{count:,} sessions of {readers:,} readers, {likes:,} likes"
    yield ""
    table = rank_metrics(sessions, Resamples(shown.reader_count, seed))
    yield from _header("", *METRICS)
    for model, samples in table.items():
        yield _row(model, *(_interval(samples[metric].estimate) for metric in METRICS))
    yield ""
    yield from _header(f"{LENTA} less", *METRICS)
    for model, samples in table.items():
        if model != LENTA:
            gains = [table[LENTA][metric].less(samples[metric]) for metric in METRICS]
            yield _row(model, *map(_gain, gains))


def _slices(found: Evaluated, sessions: Sessions, seed: int) -> Iterator[str]:
    yield from _heading(f"Slices: {HISTORY}")
    yield from _header("", "", "count", LENTA, "popularity", RANDOM, "lenta less popularity")
    for part in slices(sessions, found.world, seed):
        yield _row(
            part.kind, part.name, f"{part.count:,}", _interval(part.lenta),
            _number(part.popularity), _number(part.chance), _gain(part.gain),
        )  # fmt: skip


def _calibration(sessions: Sessions) -> Iterator[str]:
    curve = calibrate(sessions.scores[LENTA], sessions.slates.liked)
    yield from _heading(f"Calibration: {HISTORY}")
    rows = f"{curve.rows.sum():,}"
    yield f"Expected calibration error {_number(curve.error)}, over {rows} impressions."
    yield ""
    yield from _header("tenth", *(str(i + 1) for i in range(len(curve.rows))))
    yield _row("mean probability", *map(_number, curve.predicted))
    yield _row("liked", *map(_number, curve.observed))


def _catalogue(found: Evaluated, seed: int) -> Iterator[str]:
    answered = [part for part in found.answered if len(part.readers)]
    if not answered:
        return
    readers, index = np.unique(np.concatenate([a.readers for a in answered]), return_inverse=True)
    posts = answered[0].posts
    yield from _heading("The whole catalogue")
    yield f"{len(index):,} requests of {len(readers):,} readers, {posts:,} posts"
    yield ""
    metrics = (HIT, RECALL, NOVELTY, DIVERSITY)
    yield from _header("", *metrics, f"coverage@{CUTOFF}", f"gini@{CUTOFF}")
    resamples = Resamples(len(readers), seed)
    for model in answered[0].lists:
        lists = [part.lists[model] for part in answered]
        values = {m: np.concatenate([part.metrics[m] for part in lists]) for m in metrics}
        cells = [
            _interval(resamples.mean(values[metric], index, np.ones(len(index))).estimate)
            for metric in metrics
        ]
        first = np.concatenate([part.first for part in lists])
        yield _row(model, *cells, _number(coverage(first, posts)), _number(gini(first, posts)))


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""


def _header(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield _row("---", *("---:" for _ in cells[1:]))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def _interval(estimate: Estimate) -> str:
    low, high = _number(estimate.low), _number(estimate.high)
    return f"{_number(estimate.value)} ({low}-{high})" if low != high else _number(estimate.value)


def _gain(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})"
