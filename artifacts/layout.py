"""The names both sides rely on: keys, files, their columns, the ranker's inputs and outputs.

P is the number of features of a post, R of a reader; N the number of posts.
"""

import math
import re

from artifacts.errors import InvalidAddress
from artifacts.keys import checked_key

# Keys of a store:
RELEASES = "releases/"
CHANNELS = "channels/"
PRODUCTION = "production"
"""The channel the function serves."""

# Files of a release:
MANIFEST = "manifest.json"
"""What the release is; written last, so it exists only for a whole release."""
SIGNATURE = "manifest.sig"
"""Whose the manifest is, if it is signed; written just before it."""
RANKER = "ranker.onnx"
"""The graph that ranks posts for one reader."""
POSTS = "posts.parquet"
"""One row a post, most liked first: of equal scores, the earlier row is recommended first."""
NEWCOMERS = "newcomers.parquet"
"""Rows of readers of whom no more than a profile is known, one a profile; the function reads it
when the feed page first asks. Older releases lack it, and those whose tables tell no profiles."""

PAST = "past.txt"
"""The model that was measured, in LightGBM's own format: it knows no day from the first test day
on, so a later run can measure it on the same days as its own. The function does not read it."""
ENCODERS = "encoders.parquet"
"""What was fitted to the tables before features could be made: features that are made later for the
same model are made with it. The function does not read it."""
REPORT = "report.html"
"""What the run found, for people. The function does not read it."""

# Columns of posts.parquet:
POST_ID = "post_id"
"""int64, unique."""
TEXT = "text"
"""string; where all texts together are larger than TEXTS_INSIDE, TEXT_FILE stands in for it."""
TEXT_FILE = "text_file"
"""int32, from 0, rising by one at most: which of texts/*.parquet holds the post's text."""
TEXTS_INSIDE = 16_000_000
"""Bytes of all texts, in UTF-8, up to which they lie in posts.parquet. There no call waits for
them, but every start of the function does, and it holds them in memory."""
TEXT_FILE_BYTES = 500_000
"""The texts that begin within so many bytes of each other share a file."""
TOPIC = "topic"
"""string."""
FEATURES = "features"
"""FixedSizeList<float32>: [P] in posts.parquet, [R] in users/*.parquet."""
VECTOR = "vector"
"""FixedSizeList<float32> [D]: by which the first stage finds candidates, if the ranker has one."""
BLOCK = "block"
"""int32: the block in which the first stage finds the post, if it looks into blocks."""
FRESH = "fresh"
"""bool: whether the post had fewer than FRESH_VIEWS views by the cut-off; older files lack it."""
FRESH_VIEWS = 30
"""Until then a post's own likes tell less of its like rate than its topic and text do: n views tell
n / (n + 300) of how posts differ (`weight_of_post`), topic and text about a tenth."""

# Columns of texts/*.parquet, which hold the posts in the order of posts.parquet: POST_ID and TEXT.

# Columns of users/*.parquet:
USER_ID = "user_id"
"""int64, ascending, unique."""
LIKED = "liked"
"""List<int64>: ids of the posts the reader has liked; they are not recommended again."""
NEWEST_FIRST = "newest first"
"""What the file's metadata say of LIKED where the lists are ordered by the day of the like; those
of older files are in no order that tells anything."""

# Columns of newcomers.parquet: FEATURES as in users/*.parquet, and a column of strings for each
# field of the profile.

# Inputs of the ranker:
INPUT_READER = "reader"
"""float32 [1, R]: the reader's feature row."""
INPUT_POSTS = "posts"
"""float32 [N, P]: the features of all posts, in the order of posts.parquet."""
INPUT_TIME = "time"
"""int64 [1]: epoch seconds of the network's own clock (a naive time read as if it were UTC)."""
INPUT_CANDIDATES = "candidates"
"""int64 [C]: rows of the posts to rank; empty means all."""
INPUT_LEAVE_OUT = "leave_out"
"""int64 [E]: rows of posts that must not be recommended."""
INPUT_K = "k"
"""int64 [1]: how many posts to return at most."""
INPUT_VECTORS = "vectors"
"""float32 [D, N]: the vectors of all posts, a column each; only of a ranker with a first stage that
looks at all posts. One that looks into blocks, B of up to S posts, has the three below instead."""
INPUT_BLOCK_VECTORS = "block_vectors"
"""float32 [B, D, S]: the vectors of each block's posts, a column each."""
INPUT_BLOCK_ROWS = "block_rows"
"""int64 [B, S]: the rows of each block's posts."""
INPUT_BLOCK_BOXES = "block_boxes"
"""float32 [2D, B]: the most of each number of a block's vectors, then the least."""
INPUT_EXPLAIN = "explain"
"""bool [1], false unless given: whether `scores_without` is wanted. Older rankers lack it."""
RANKER_INPUTS = (
    INPUT_READER,
    INPUT_POSTS,
    INPUT_TIME,
    INPUT_CANDIDATES,
    INPUT_LEAVE_OUT,
    INPUT_K,
)
"""Those that every ranker must be given."""

# Outputs of the ranker:
OUTPUT_ROWS = "rows"
"""int64 [min(k, eligible)]: rows of posts, best first."""
OUTPUT_SCORES = "scores"
"""float64, the length of `rows`: raw margins (log odds), best first."""
RANKER_OUTPUTS = (OUTPUT_ROWS, OUTPUT_SCORES)
OUTPUT_WITHOUT = "scores_without"
"""float64 [REASONS * C], empty unless `explain`: what the scores of all `candidates`, in their
order, would be without the first of REASONS, then without the second, and so on. Where a reason
does not hold the score is the same."""
OUTPUT_VECTOR = "reader_vector"
"""float32 [1, D]: the reader's, of a ranker with a first stage; new posts are fitted to it."""

# Reasons to recommend a post:
REASON_TOPIC = "topic"
"""The reader's like rate for the post's topic is above the reader's own for all topics."""
REASON_TEXT = "text"
"""The text is more like those that the reader liked than like those that the reader saw."""
REASON_PEERS = "peers"
"""Readers of the reader's age band like the post more than all readers do."""
REASON_POPULAR = "popular"
"""The post is liked more than most."""
REASON_NEW = "new"
"""The post was seen for the first time at most DAYS_NEW days before the release."""
REASONS = (REASON_TOPIC, REASON_TEXT, REASON_PEERS, REASON_POPULAR, REASON_NEW)
"""In the order of `scores_without`."""
DAYS_NEW = 7

READERS_PER_SHARD = 8_000
"""About how many readers share a file: one is fetched whole when one of its readers first asks."""

RELEASE_ID = "^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$"
"""The form of a release's id: when it was published, in UTC, and eight random hex digits."""
_RELEASE_ID = re.compile(RELEASE_ID)


def users_file(shard: int) -> str:
    """The path, inside a release, of a shard of readers: `users/00000.parquet`."""
    return f"users/{shard:05d}.parquet"


def texts_file(number: int) -> str:
    """The path, inside a release, of a file of texts: `texts/00000.parquet`."""
    return f"texts/{number:05d}.parquet"


def shards_for(readers: int) -> int:
    """How many shards that many readers need: about READERS_PER_SHARD each, at least one."""
    return max(1, math.ceil(readers / READERS_PER_SHARD))


def shard_of(user_id: int, shards: int) -> int:
    """The shard, from 0 to `shards` - 1, that holds a reader."""
    return user_id % shards


def is_release_id(text: str) -> bool:
    """Whether `text` has the form of a release id: `20261124T040500Z-1f2e3d4c`."""
    return _RELEASE_ID.fullmatch(text) is not None


def release_key(release: str, path: str) -> str:
    """The key of a release's file.

    Raises:
        InvalidAddress: `release` is no release id, or the path is no key.
    """
    if not is_release_id(release):
        raise InvalidAddress(f"{release[:80]!r} is not a release id like 20261124T040500Z-1f2e3d4c")
    return checked_key(f"{RELEASES}{release}/{path}")


def channel_key(name: str) -> str:
    """The key of a channel.

    Raises:
        InvalidAddress: `name` cannot be a file's name.
    """
    if "/" in name:
        raise InvalidAddress(f"{name[:80]!r} cannot be a channel's name: it holds a slash")
    return checked_key(f"{CHANNELS}{name}.json")
