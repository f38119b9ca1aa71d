"""What grows with readers and posts without any chance in it: load, memory, publishing."""

from math import ceil

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


def one_release(posts: float) -> float:
    """MB at most of a container that loads so many posts, instead of the network's."""
    return facts.USED_MB.value + (posts - POSTS[0]) * facts.POST_PEAK_BYTES.value / _MB


def two_releases(posts: float) -> float:
    """MB at most of a container that loads so many posts beside as many that serve."""
    served = facts.USED_MB.value + (posts - POSTS[0]) * facts.POST_BYTES.value / _MB
    return served + posts * facts.POST_PEAK_BYTES.value / _MB


def start_seconds(posts: float) -> float:
    """A start: that of a small release, and more posts' way from S3 and their reading."""
    return facts.START_MS.value / 1e3 + posts * SECONDS_A_POST


SECONDS_A_POST = (
    facts.POST_FILE_BYTES.value / facts.S3_MB_PER_SECOND.value / _MB
    + 1 / facts.POSTS_PER_SECOND.value
)


def text_files(posts: int) -> int:
    """How many files of texts a release has: none where `posts.parquet` holds them."""
    size = posts * facts.POST_TEXT_BYTES.value
    return ceil(size / facts.TEXTS_A_FILE.value) if size > facts.TEXTS_INSIDE.value else 0


def text_gets(posts: int) -> float:
    """Files of texts that a call fetches, in the mean: of a large catalogue as of a million."""
    return facts.TEXT_GETS.value if text_files(posts) else 0


def memory() -> Table:
    """What posts take of a container, of a start, of a call and of a month."""
    return Table(
        "A container by posts",
        (
            "posts", "MB, one release", "MB, while the next is loaded", "s to start",
            "ms a call, texts at hand", "ms in the mean", "files of texts",
            "their PUTs, one release an hour, $ a month",
        ),
        [
            (
                f"{posts:,}", one_release(posts), two_releases(posts), start_seconds(posts),
                call_ms(posts), call_ms(posts) + text_gets(posts) * costs.TEXTS_MS,
                text_files(posts), costs.PUTS.bill(text_files(posts) * _HOURLY / 1e6),
            )
            for posts in POSTS
        ],
    )  # fmt: skip


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
