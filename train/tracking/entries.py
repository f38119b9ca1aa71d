"""What is kept of a release, or of an evaluation."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from artifacts import layout
from artifacts.manifest import Code, Manifest, Stage
from artifacts.release import open_release
from artifacts.stores import open_store
from train.outcome import Outcome, verdict
from train.recipe import program_digest

_RELEASE = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Entry:
    """One run of MLflow: a release, or an evaluation.

    Attributes:
        name: of the run.
        figures: its metrics, by names that MLflow may not allow as they are.
        tags: what it can be searched by.
        files: texts to keep with it, by file name.
    """

    name: str
    figures: Figures
    tags: Mapping[str, str]
    files: Mapping[str, str]


def of_run(outcome: Outcome) -> Iterator[Entry]:
    """The release that a run has made, if it has made one, with its report."""
    manifest = outcome.manifest
    if not outcome.trained:
        return
    release = open_release(open_store(outcome.store), manifest.release)
    scores: dict[str, float] = {}
    for score in manifest.evaluation.scores:
        interval = (score.value, score.low, score.high)
        scores |= with_interval(f"{score.metric}/{score.model}", *interval)
    report = release.read(layout.REPORT).decode()
    said = {"verdict": verdict(outcome), "served": str(outcome.served)}
    yield _of_release(manifest, scores, said, {layout.REPORT: report})


def of_refresh(
    manifests: Iterable[Manifest], said: str, report: str, *, served: bool
) -> Iterator[Entry]:
    """The releases that a refresh has made; their evaluation is that of the run that trained."""
    for manifest in manifests:
        tags = {"verdict": said, "served": str(served)}
        yield _of_release(manifest, {}, tags, {"report.md": report})


def of_evaluation(
    scores: Figures, stages: Iterable[Stage], made_by: Code, report: str
) -> Iterator[Entry]:
    """What `train evaluate` has measured."""
    figures = {**scores, **_costs(stages)}
    tags = {"code": program_digest(made_by), "commit": made_by.commit or ""}
    yield Entry("evaluation", figures, tags, {"evaluation.md": report})


def with_interval(name: str, value: float, low: float | None, high: float | None) -> Figures:
    """A figure and, where it has an interval, the ends of it."""
    ends = {f"{name}.low": low, f"{name}.high": high}
    return {name: value} | {end: at for end, at in ends.items() if at is not None}


def _of_release(
    manifest: Manifest, scores: Figures, said: Mapping[str, str], files: Mapping[str, str]
) -> Entry:
    data, exactness = manifest.data, manifest.exactness
    figures = {
        **scores,
        **_costs(manifest.stages),
        **{f"data/{name}": getattr(data, name) for name in ("readers", "posts", "views", "likes")},
        "data/dropped": sum(entry.rows for entry in data.dropped),
        "exactness/differing": exactness.differing + exactness.threshold_differing,
    }
    for check in manifest.gate.checks:
        if check.value is not None:
            # Their names tell the release that serves; what is compared over time may not.
            name = f"gate/{_RELEASE.sub('before', check.name)}"
            figures |= with_interval(name, check.value, check.low, check.high)
    tags = {
        "release": manifest.release,
        "recipe": manifest.recipe,
        "code": program_digest(manifest.code),
        "commit": manifest.code.commit or "",
        "parent": manifest.parent or "",
        "trained_in": manifest.trained_in or manifest.release,
        "gate": "passed" if manifest.gate.passed else manifest.gate.failure,
        **said,
    }
    return Entry(manifest.release, figures, tags, files)


def _costs(stages: Iterable[Stage]) -> Figures:
    """Seconds of each stage, and the bytes that the process had taken at most by its end."""
    figures: dict[str, float] = {}
    for stage in stages:
        figures[f"seconds/{stage.name}"] = stage.seconds
        figures[f"peak memory/{stage.name}"] = stage.peak_memory
    return figures
