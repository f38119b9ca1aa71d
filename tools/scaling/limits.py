"""Where it breaks as it grows, the first first."""

from tools.scaling import facts
from tools.scaling.costs import AS_NOW, TEXTS_MS
from tools.scaling.growth import SECONDS_A_POST, start_seconds
from tools.scaling.table import Table
from tools.scaling.training import FIRST, REFRESH, RUN, readers_an_hour

Limit = tuple[float, str, str]
"""At how many, what breaks, and why there."""


def limits() -> list[Table]:
    """Of calls a second, of posts, and of readers."""
    return [
        Table(
            f"What breaks, by {name}",
            (name, "what", "why there"),
            [(f"{float(f'{at:.3g}'):,.0f}", what, why) for at, what, why in sorted(found)],
        )
        for name, found in (
            ("calls a second", _of_calls()),
            ("posts", _of_posts()),
            ("readers", _of_readers()),
        )
    ]


def _of_calls() -> list[Limit]:
    quota = facts.QUOTA.value
    at_hand = facts.CALL_MS.value
    fetched = at_hand + AS_NOW.milliseconds
    with_texts = at_hand + facts.TEXT_GETS.value * TEXTS_MS
    return [
        (facts.THROTTLE.value, "`ThrottlingRate`", "the stack's default"),
        (
            facts.S3_GETS.value,
            "GETs of the shards of one release",
            "one a call; 5,500 a second and prefix until S3 has divided it",
        ),
        (
            quota * 1e3 / fetched,
            "Lambda's concurrency, a shard fetched each call",
            f"{quota:,.0f} at once, {fetched:.0f} ms each",
        ),
        (facts.GATEWAY.value, "API Gateway's quota", "of an account and region"),
        (
            quota * facts.CALLS_PER_QUOTA.value,
            "Lambda's quota of calls",
            f"{facts.CALLS_PER_QUOTA.value:.0f} a second for each of {quota:,.0f} at once",
        ),
        (
            quota * 1e3 / with_texts,
            "Lambda's concurrency, readers at hand, texts of a large catalogue",
            f"{quota:,.0f} at once, {with_texts:.1f} ms each",
        ),
        (
            quota * 1e3 / at_hand,
            "Lambda's concurrency, readers and texts at hand",
            f"{quota:,.0f} at once, {at_hand} ms each",
        ),
    ]


def _of_posts() -> list[Limit]:
    small, large = facts.MEMORY_MB.value, facts.MOST_MEMORY_MB.value
    one, both = facts.POST_PEAK_BYTES.value, facts.POST_BYTES.value + facts.POST_PEAK_BYTES.value
    init = facts.INIT_SECONDS.value
    return [
        (
            facts.TEXTS_INSIDE.value / facts.POST_TEXT_BYTES.value,
            "texts lie in files of their own",
            f"16 MB, {facts.POST_TEXT_BYTES.value:,.0f} bytes each",
        ),
        (1e6, "what was served and ranked", "no larger catalogue was tried"),
        (
            _room(small, both),
            "1,769 MB, while the next release is loaded",
            f"{both:,.0f} bytes each",
        ),
        (_room(small, one), "1,769 MB, one release", f"{one:,.0f} bytes each"),
        (
            (init - start_seconds(0)) / SECONDS_A_POST,
            "the start: 8 s of Lambda's 10",
            f"{SECONDS_A_POST * 1e6:.2f} s a million, from S3 at 85 MB a second",
        ),
        (
            _room(large, both),
            "10,240 MB, Lambda's most, while the next is loaded",
            f"{both:,.0f} bytes each",
        ),
        (
            facts.MOST_BLOCKS.value * facts.BLOCK_POSTS.value,
            "the numbers of blocks",
            "65,536 blocks of 255 posts at most",
        ),
    ]


def _of_readers() -> list[Limit]:
    kept = facts.SHARDS_KEPT.value * facts.READERS_PER_SHARD.value
    return [
        (kept, "a container has all shards", "4 are kept, of 8,000 readers each"),
        (2 * kept, "every second call fetches one", "4 of 8"),
        *(
            (
                readers_an_hour(which),
                f"{what} takes an hour on two cores",
                f"{facts.ALL[which].value:.0f} s for 163,205",
            )
            for what, which in (
                ("a first run", FIRST),
                ("a run a day later", RUN),
                ("a refresh a day later", REFRESH),
            )
        ),
    ]


def _room(megabytes: float, per_post: float) -> float:
    return (megabytes - facts.USED_MB.value) * 1e6 / per_post
