"""What grows with readers and posts without any chance in it: load, memory, publishing."""

from tools.scaling import costs, facts
from tools.scaling.arrivals import BUSIEST, DAY, Habits
from tools.scaling.costs import GB
from tools.scaling.table import Table

NETWORKS = (int(facts.READERS.value), 1_000_000, 10_000_000, 100_000_000)
"""Readers: the network's, and more."""
POSTS = (7_023, 100_000, 1_000_000, 10_000_000)
HABITS = Habits(facts.POSTS_A_SESSION.value / facts.POSTS_A_CALL.value, facts.GAP_SECONDS.value)
_MB = 1e6
_HOURLY = 24 * 30


def shards_of(readers: int) -> int:
    """How many files of readers a release has."""
    return -(-readers // int(facts.READERS_PER_SHARD.value))


def rate_of(readers: int) -> float:
    """Calls a second in the mean, if readers come as often as the network's."""
    sessions = readers * facts.SESSIONS.value / facts.DAYS.value / DAY
    return sessions * HABITS.calls


def call_ms(posts: int) -> float:
    """Milliseconds of a call that fetches nothing: the measured one, and what more posts add.

    To a million posts as measured; beyond, as from a hundred thousand to a million in the slower of
    two measurements: times 2.1 for ten times the posts.
    """
    least, first, most = (fact.value for fact in facts.RANKING_MS)
    ranking = {7_023: least, 100_000: first, 1_000_000: most}
    slope = facts.RANKING_512_MS[1].value / facts.RANKING_512_MS[0].value
    ranking[10_000_000] = facts.RANKING_512_MS[1].value * slope
    return facts.CALL_MS.value - least + ranking[posts]


def load() -> Table:
    """How often readers call."""
    return Table(
        "Calls, if readers come as often as the network's",
        (
            "readers",
            "calls a second, mean",
            "when most do",
            "a month, million",
            "cores it takes then",
        ),
        [
            (
                f"{readers:,}",
                rate_of(readers),
                rate_of(readers) * BUSIEST,
                rate_of(readers) * costs.MONTH / 1e6,
                rate_of(readers) * BUSIEST / facts.PER_CORE.value,
            )
            for readers in NETWORKS
        ],
    )


def megabytes(posts: int, per_post: float) -> float:
    """What so many posts take, and all else besides."""
    return facts.USED_MB.value + posts * per_post / _MB


def swap_megabytes(posts: int) -> float:
    """What a container takes at most: while the next release is loaded beside what serves."""
    return megabytes(posts, facts.POST_BYTES.value + facts.POST_PEAK_BYTES.value)


def memory() -> Table:
    """What posts take in a container."""
    return Table(
        "A container by posts",
        (
            "posts",
            "MB, one release",
            "MB, while the next is loaded",
            "MB of file",
            "s to read it",
            "ms a call",
        ),
        [
            (
                f"{posts:,}",
                megabytes(posts, facts.POST_BYTES.value),
                swap_megabytes(posts),
                posts * facts.POST_FILE_BYTES.value / _MB,
                posts / facts.POSTS_PER_SECOND.value,
                call_ms(posts),
            )
            for posts in POSTS
        ],
    )


def publishing() -> Table:
    """What a release of so many readers takes, and what one an hour costs."""
    rows = []
    for readers in NETWORKS:
        shards = shards_of(readers)
        gigabytes = readers * facts.SHARD_BYTES.value / facts.SHARD_READERS.value / GB
        rows.append((
            f"{readers:,}",
            shards,
            gigabytes,
            costs.PUTS.bill(shards * _HOURLY / 1e6),
            costs.STORED.bill(gigabytes * _HOURLY),
            costs.ROW_WRITES.bill(readers * _HOURLY / 1e6),
        ))  # fmt: skip
    return Table(
        "A release an hour",
        (
            "readers", "shards", "GB a release", "PUTs, $ a month",
            "all kept for a month, $", "all rows to DynamoDB instead, $ a month",
        ),
        rows,
    )  # fmt: skip
