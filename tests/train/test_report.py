"""What a run says of its end, in Markdown."""

import pytest

from artifacts.manifest import FileEntry, Manifest
from tests.artifacts.examples import FILES, NOW, draft
from train.outcome import Outcome, verdict
from train.report.markdown import markdown

RELEASE = "20261124T040500Z-1f2e3d4c"


def outcome(*, good: bool = True, **changed: bool) -> Outcome:
    files = [FileEntry(path=path, sha256="0" * 64, size=len(FILES[path])) for path in FILES]
    manifest = Manifest(**dict(draft(good=good)), release=RELEASE, created_at=NOW, files=files)
    end = {"trained": True, "promoted": good, "served": good, **changed}
    return Outcome("s3://bucket/lenta", "production", manifest, **end)


HOW_TO_FORCE = (
    "the gain in hit_rate@5 is -0.0031, not above 0. To serve it all the same: "
    f"python -m artifacts promote {RELEASE} --store s3://bucket/lenta --force REASON"
)


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (outcome(), f"Release {RELEASE} is served"),
        (outcome(good=False), f"Release {RELEASE} is published and not served: {HOW_TO_FORCE}"),
        (
            outcome(trained=False, promoted=False),
            f"Nothing new since release {RELEASE}: nothing was trained",
        ),
        (
            outcome(trained=False),
            (
                f"Nothing new since release {RELEASE}, which was published and not yet promoted: "
                "it is served from now on"
            ),
        ),
        (
            outcome(good=False, trained=False),
            f"Nothing new since release {RELEASE}, which is not served: {HOW_TO_FORCE}",
        ),
        (
            outcome(good=False, trained=False, served=True),  # somebody forced it
            f"Nothing new since release {RELEASE}: nothing was trained",
        ),
    ],
)
def test_the_verdict_says_what_became_of_the_release(end: Outcome, sentence: str) -> None:
    assert verdict(end) == sentence
    assert markdown(end).splitlines()[0] == sentence


def test_the_report_of_a_new_release_has_its_figures_proofs_and_origin() -> None:
    assert (
        markdown(outcome())
        == f"""\
Release {RELEASE} is served

4,000 sessions of 3,000 readers, 2026-11-17 to 2026-11-22, re-ranked, with 95 % intervals:

|  | hit_rate@5 |
| --- | --- |
| lenta | 0.5731 (0.5600-0.5800) |
| random | 0.3000 |

- graph against LightGBM: 0 of 520,000 rows differ
- gate passed: the gain in hit_rate@5 is +0.0218, above 0
- dropped from feed_data: 12 rows (of unknown readers)
- source: postgresql://lenta@db.example/network
- period: 2026-10-01 06:00:00 to 2026-11-23 00:00:00, 1,000,000 views
- parent: none
- recipe: {"ab" * 32}
"""
    )


def test_a_run_with_nothing_new_repeats_no_figures() -> None:
    text = markdown(outcome(trained=False, promoted=False))
    assert text == f"Nothing new since release {RELEASE}: nothing was trained\n"
