"""The result on the terminal: the verdict first."""

import math

from rich.console import Console
from rich.table import Table

from train.evaluation.bootstrap import Estimate
from train.experiment.explored import PLACES
from train.experiment.offpolicy import ENOUGH, PolicyValue
from train.experiment.ratios import LEVEL, Difference
from train.experiment.result import Comparison, Rates, Result
from train.experiment.verdict import probability

_CANNOT_BE_TOLD = "cannot be told"


def show_experiment(found: Result, console: Console) -> None:
    """Print the verdict, what it rests on, and the tables."""
    for line in (*found.verdict, "", *_basis(found)):
        console.print(line, markup=False, soft_wrap=True)
    console.print(_arms(found))
    if found.trusted and found.comparisons:
        console.print(_comparisons(found))
        console.print(_power(found))
    console.print(_sources(found))
    for arm, policies in found.policies.items():
        console.print(_policies(arm, policies))


def _basis(found: Result) -> list[str]:
    lines, counts = found.lines, found.exposures
    told = [
        (
            f"{found.experiment or 'no experiment'}: feeds of {found.since} to {found.until} by "
            f"the network's clock, likes within {found.window_hours:g} h"
        ),
        f"{lines.exposures:,} exposures in {lines.files:,} files, {lines.broken:,} broken lines; "
        + "; ".join(f"{name} {count:,}" for name, count in counts.items()),
    ]
    ratio = found.sample_ratio
    if ratio:
        readers = ", ".join(
            f"{arm} {count:,} of {expected:,.0f}"
            for arm, count, expected in zip(ratio.arms, ratio.readers, ratio.expected, strict=True)
        )
        told.append(
            f"readers by arm, of those that the shares promise: {readers} "
            f"(p {probability(ratio.p)}); seen in two arms and left out: {found.crossed:,}"
        )
    if found.settled:
        told.append(
            f"the shares were changed; compared is what came after {found.settled} UTC, when they "
            "were last"
        )
    return told


def _arms(found: Result) -> Table:
    table = _table("Arms (95 % intervals, by reader)", "arm", "readers", "feeds", "posts", "likes",
                   "like rate, %", "hit rate@5, %")  # fmt: skip
    for row in found.arms:
        table.add_row(row.arm, f"{row.readers:,}", *_rates(row))
    return table


def _sources(found: Result) -> Table:
    table = _table("By what answered", "arm", "source", "feeds", "posts", "likes",
                   "like rate, %", "hit rate@5, %")  # fmt: skip
    for row in found.sources:
        table.add_row(row.arm, row.source, *_rates(row))
    return table


def _rates(row: Rates) -> tuple[str, ...]:
    return (
        f"{row.exposures:,}", f"{row.shown:,}", f"{row.likes:,}",
        _percent(row.like_rate), _percent(row.hit_rate),
    )  # fmt: skip


def _comparisons(found: Result) -> Table:
    table = _table(
        "Less the control, points (95 % intervals for one look at a time fixed beforehand; those "
        "of the last column hold whenever one looks)",
        "arm", "metric", "difference", "p", "after CUPED", "p", "variance less", "any look",
    )  # fmt: skip
    for one in found.comparisons:
        table.add_row(
            one.arm, one.metric, *_difference(one.plain), *_difference(one.adjusted),
            f"{100 * one.reduction:.0f} %", _points(one.adjusted.always, signed=False),
        )  # fmt: skip
    return table


def _power(found: Result) -> Table:
    relatives = [needed.relative for needed in found.comparisons[0].needed]
    table = _table(
        "What is detected with a probability of 80 %, after CUPED; days at the pace so far",
        "arm", "metric", "by so many readers",
        *(f"for {100 * relative:+.0f} %" for relative in relatives),
    )  # fmt: skip
    for one in found.comparisons:
        table.add_row(one.arm, one.metric, _detectable(one), *(
            _known(n.readers, f"{n.readers:,.0f} readers, {n.days:,.1f} days") for n in one.needed
        ))  # fmt: skip
    return table


def _policies(arm: str, policies: list[PolicyValue]) -> Table:
    table = _table(
        f"{arm}: like rate of the first {PLACES}, had they been drawn another way, % (95 % "
        f"intervals; cannot be told from fewer than {ENOUGH:g} effective feeds)",
        "policy", "weights by", "SNIPS", "DR", "effective feeds",
    )  # fmt: skip
    for one in policies:
        table.add_row(
            one.policy, one.weights,
            *(_percent(value) if value else _CANNOT_BE_TOLD for value in (one.snips, one.dr)),
            f"{one.effective:,.0f}",
        )  # fmt: skip
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    return table


def _difference(found: Difference) -> tuple[str, str]:
    p = probability(found.p) + (" *" if found.p < LEVEL else "")
    return _points(found.gain), _known(found.p, p)


def _points(estimate: Estimate, *, signed: bool = True) -> str:
    value = f"{100 * estimate.value:+.2f} " if signed else ""
    interval = f"({100 * estimate.low:+.2f} to {100 * estimate.high:+.2f})"
    return value + _known(estimate.low, interval)


def _percent(estimate: Estimate) -> str:
    interval = f" ({100 * estimate.low:.2f}-{100 * estimate.high:.2f})"
    value = f"{100 * estimate.value:.2f}"
    return _known(estimate.value, value + _known(estimate.low, interval))


def _detectable(one: Comparison) -> str:
    if not one.control:
        return ""
    share = 100 * one.adjusted.detectable / one.control
    return _known(share, f"{100 * one.adjusted.detectable:.2f} points, {share:.1f} %")


def _known(value: float, text: str) -> str:
    return "" if math.isnan(value) else text
