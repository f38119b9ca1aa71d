"""The result in a sentence."""

from collections.abc import Sequence

from train.experiment.assignment import SampleRatio
from train.experiment.ratios import LEVEL
from train.experiment.result import LIKE_RATE, Comparison

MOST_CROSSED = 0.01
"""The share of readers in two arms that a few odd records may explain."""


def distrust(ratio: SampleRatio | None, crossed: int, readers: int) -> str | None:
    """Why no comparison of the arms means anything; None if it does.

    Args:
        ratio: None without an experiment.
        crossed: readers seen in two arms.
        readers: all others that are compared.
    """
    if ratio and not ratio.fits:
        found = ", ".join(
            f"{arm} {count:,} instead of {expected:,.0f}"
            for arm, count, expected in zip(ratio.arms, ratio.readers, ratio.expected, strict=True)
        )
        return (
            f"not to be trusted: the arms have other readers than their shares promise: {found} "
            f"(p {probability(ratio.p)}). Records are lost or readers are not drawn by chance; "
            "whatever the arms' rates are, they do not compare the same readers"
        )
    if crossed > MOST_CROSSED * (crossed + readers):
        return (
            f"not to be trusted: {crossed:,} readers were seen in two arms while the shares stood "
            "still; is the log of more than one stack?"
        )
    return None


def sentences(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """One for each arm beside the control, by the like rate after CUPED.

    Of several arms one would seem better by chance more often than one in twenty, so each has to
    show more (Bonferroni).
    """
    told = [one for one in comparisons if one.metric == LIKE_RATE]
    return tuple(_sentence(one, len(told)) for one in told) or (
        "nothing to compare: the log has one arm",
    )


def _sentence(one: Comparison, arms: int) -> str:
    gain = one.adjusted.gain
    differs = (
        f"{one.arm}'s like rate is {100 * gain.value:+.2f} points ({100 * gain.low:+.2f} to "
        f"{100 * gain.high:+.2f}) off the control's {100 * one.control:.2f} %, "
        f"p {probability(one.adjusted.p)}"
    )
    if one.adjusted.p < LEVEL / arms:
        kind = "better" if gain.value > 0 else "worse"
        return f"{one.arm} is {kind}: {differs}, which is {relative(one)} of it"
    return f"no difference could be shown: {differs}; {_could_show(one)}"


def _could_show(one: Comparison) -> str:
    needed = one.needed[0]
    if not needed.readers > 0:
        return "so few readers can show nothing"
    share = 100 * one.adjusted.detectable / one.control
    return (
        f"these readers show a difference of {share:.1f} % four times in five, and one of "
        f"{100 * needed.relative:.0f} % takes {needed.readers:,.0f} readers"
    )


def relative(one: Comparison) -> str:
    """The gain as a share of the control's value."""
    if not one.control:
        return "no share"
    return f"{100 * one.adjusted.gain.value / one.control:+.1f} %"


def probability(p: float) -> str:
    """A p-value as it is read."""
    return "< .0001" if p < 0.0001 else f"{p:.4f}".removeprefix("0")  # noqa: PLR2004 - four digits
