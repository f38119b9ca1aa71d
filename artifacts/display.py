"""Releases as people read them: a table of all, a page about one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table

from artifacts.channel import Channel
from artifacts.errors import ArtifactError
from artifacts.layout import RANKER
from artifacts.manifest import Manifest
from artifacts.proofs import Score

_KILO = 1000
_DIGITS = 8
"""Of a model's sha256."""
_MOST_FILES = 20
"""Of a folder, to be named one by one."""


def size(count: int) -> str:
    """A number of bytes: "512 B", "1.4 MB"."""
    if count < _KILO:
        return f"{count} B"
    amount = float(count)
    for unit in ("kB", "MB", "GB"):
        amount /= _KILO
        if amount < _KILO:
            return f"{amount:.1f} {unit}"
    return f"{amount / _KILO:.1f} TB"


def table(
    releases: Iterable[tuple[str, Manifest | ArtifactError]], channels: Sequence[Channel]
) -> Table:
    """One row a release; what is wrong with it stands for the manifest of a broken one."""
    drawn = Table(
        "release",
        "made (UTC)",
        "data until",
        "model",
        "hit rate@5",
        "gate",
        "size",
        "serves",
        box=None,
    )
    drawn.columns[0].no_wrap = True
    for release, manifest in releases:
        serves = _serves(release, channels)
        if isinstance(manifest, Manifest):
            score = manifest.evaluation.score("hit_rate@5", "lenta")
            drawn.add_row(
                release,
                f"{manifest.created_at:%Y-%m-%d %H:%M}",
                f"{manifest.data.until:%Y-%m-%d %H:%M}",
                _model(manifest),
                f"{score.value:.4f}" if score else "-",
                _verdict(passed=manifest.gate.passed),
                size(manifest.size),
                serves,
            )
        else:
            drawn.add_row(release, "broken", "-", "-", "-", "-", "-", serves)
    return drawn


def served(channel: Channel) -> str:
    """What a channel serves, in words."""
    since = f"since {channel.updated_at:%Y-%m-%d %H:%M:%S} UTC"
    if channel.experiment is None:
        return f"{channel.name} serves {channel.arms[0].release} {since}"
    arms = (
        f"  {arm.name}: {arm.release} to {arm.share:.4g} of the readers"
        + (f", drawn at temperature {arm.temperature:g}" if arm.temperature else "")
        for arm in channel.arms
    )
    return "\n".join((f"{channel.name} compares {channel.experiment.name} {since}", *arms))


def text(manifest: Manifest) -> str:
    """A page about a release, for people."""
    rows = (*_origin(manifest), *_quality(manifest), *_files(manifest))
    return "".join(f"{label:<12}{value}\n" for label, value in rows)


def _origin(manifest: Manifest) -> Iterator[tuple[str, str]]:
    data, code, features = manifest.data, manifest.code, manifest.features
    yield "release", manifest.release
    yield "made", f"{manifest.created_at:%Y-%m-%d %H:%M:%S} UTC"
    yield "parent", manifest.parent or "-"
    trained_in = f", trained in {manifest.trained_in}" if manifest.trained_in else ""
    yield "model", _model(manifest) + trained_in
    yield "recipe", manifest.recipe
    commit = code.commit or "unknown"
    yield "code", f"Lenta {code.version}, commit {commit}, Python {code.python}"
    yield "libraries", ", ".join(f"{name} {version}" for name, version in code.libraries.items())
    yield "source", data.source
    yield "period", f"{data.since} to {data.until}, {manifest.timezone}"
    yield "", f"{data.readers:,} readers, {data.posts:,} posts"
    yield "", f"{data.views:,} views, {data.likes:,} likes"
    for dropped in data.dropped:
        yield "dropped", f"{dropped.rows:,} rows of {dropped.table}: {dropped.reason}"
    yield "features", f"{len(features.reader)} of the reader, {len(features.post)} of the post"
    yield "", f"{len(features.model)} in the model"


def _quality(manifest: Manifest) -> Iterator[tuple[str, str]]:
    exactness, gate, evaluation = manifest.exactness, manifest.gate, manifest.evaluation
    yield "exactness", _verdict(passed=exactness.passed)
    yield "", f"{exactness.differing:,} of {exactness.rows:,} rows differ"
    on_thresholds = f"{exactness.threshold_differing:,} of {exactness.threshold_rows:,}"
    yield "", f"{on_thresholds} rows on thresholds differ"
    if manifest.first_stage:
        yield "first stage", manifest.first_stage.sentence
    yield "gate", _verdict(passed=gate.passed)
    for check in gate.checks:
        yield "", check.sentence
    yield "tested", f"{evaluation.test_since} to {evaluation.test_until}"
    yield "", f"{evaluation.slates:,} slates of {evaluation.readers:,} readers"
    for score in evaluation.scores:
        yield "", f"{score.metric} of {score.model}: {score.value:.4f}{_interval(score)}"


def _files(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield "files", f"{len(manifest.files)}, {size(manifest.size)}"
    folders: dict[str, list[int]] = defaultdict(list)
    for entry in manifest.files:
        folders[entry.path.rpartition("/")[0]].append(entry.size)
    for entry in manifest.files:
        if len(folders[entry.path.rpartition("/")[0]]) <= _MOST_FILES:
            yield "", f"{entry.path}  {size(entry.size)}  {entry.sha256}"
    for folder, sizes in folders.items():
        if len(sizes) > _MOST_FILES:
            yield "", f"{folder}/  {len(sizes):,} files, {size(sum(sizes))}"


def _model(manifest: Manifest) -> str:
    return manifest.file(RANKER).sha256[:_DIGITS]


def _verdict(*, passed: bool) -> str:
    return "passed" if passed else "failed"


def _interval(score: Score) -> str:
    if score.low is None or score.high is None:
        return ""
    return f" ({score.low:.4f} to {score.high:.4f})"


def _serves(release: str, channels: Sequence[Channel]) -> str:
    return ", ".join(
        channel.name if len(channel.arms) == 1 else f"{channel.name} {arm.name} {arm.share:.0%}"
        for channel in channels
        for arm in channel.arms
        if arm.release == release
    )
