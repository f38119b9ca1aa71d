"""Where it breaks as it grows, the first first."""

from tools.scaling import facts
from tools.scaling.arrivals import HOUR
from tools.scaling.costs import AS_NOW
from tools.scaling.table import Table

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
            quota * 1e3 / at_hand,
            "Lambda's concurrency, readers at hand",
            f"{quota:,.0f} at once, {at_hand} ms each",
        ),
    ]


def _of_posts() -> list[Limit]:
    one, both = facts.POST_PEAK_BYTES.value, facts.POST_BYTES.value + facts.POST_PEAK_BYTES.value
    small, large = facts.MEMORY_MB.value, facts.MOST_MEMORY_MB.value
    return [
        (
            _room(small, both),
            "1,769 MB, while the next release is loaded",
            f"{both:,.0f} bytes each",
        ),
        (_room(small, one), "1,769 MB, one release", f"{one:,.0f} bytes each"),
        (
            facts.INIT_SECONDS.value * facts.POSTS_PER_SECOND.value,
            "the start: 8 s of Lambda's 10",
            f"{facts.POSTS_PER_SECOND.value:,.0f} posts a second, without their way from S3",
        ),
        (1e6, "what was measured of recall", "no larger catalogue was tried"),
        (
            2**31 / facts.POST_TEXT_BYTES.value,
            "the column of texts",
            f"2 GiB, {facts.POST_TEXT_BYTES.value:,.0f} bytes each; 1,800,000 cannot be read",
        ),
        (_room(large, both), "10,240 MB, Lambda's most, likewise", f"{both:,.0f} bytes each"),
        (
            facts.MOST_BLOCKS.value * facts.BLOCK_POSTS.value,
            "the numbers of blocks",
            "65,536 blocks of 255 posts at most",
        ),
    ]


def _of_readers() -> list[Limit]:
    kept = facts.SHARDS_KEPT.value * facts.READERS_PER_SHARD.value
    refresh, publishing = facts.REFRESH_SECONDS.value, facts.PUBLISH_SECONDS.value
    return [
        (kept, "a container has all shards", "4 are kept, of 8,000 readers each"),
        (2 * kept, "every second call fetches one", "4 of 8"),
        (
            facts.READERS.value * HOUR / refresh,
            "a refresh takes an hour on two cores",
            f"{refresh:.0f} s for 163,205, in proportion",
        ),
        (
            facts.READERS.value * HOUR / publishing,
            "publishing alone does",
            f"{publishing:.0f} s for 163,205, in proportion",
        ),
    ]


def _room(megabytes: float, per_post: float) -> float:
    return (megabytes - facts.USED_MB.value) * 1e6 / per_post
