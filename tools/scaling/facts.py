"""Every number that the page on scaling starts from, and where it is measured or said.

A test looks each text of `said` up in its document: who measures anew is told to look here.
"""

from dataclasses import dataclass

BENCHMARKS = "docs/benchmarks.md"
SCALING = "docs/scaling.md"


@dataclass(frozen=True)
class Fact:
    """One number.

    Attributes:
        value: in the unit that its name says.
        said: the text of the source that says so; empty where it is an assumption.
        source: a file of the project, or an address; of an assumption, why it is made.
    """

    value: float
    said: str
    source: str


# One call and one container:
CALL_MS = Fact(3.6, "| 1,769 | 666 | 696 | 3.6 | 7.4 | 125 |", BENCHMARKS)
CALL_P99_MS = Fact(7.4, CALL_MS.said, BENCHMARKS)
START_MS = Fact(840, "| Lenta, 163,205 readers | 840 |", BENCHMARKS)
USED_MB = Fact(139, "| 867 | 139 | 162.8 |", BENCHMARKS)
MEMORY_MB = Fact(1769, "| `MemorySize` | 1769 |", "docs/reference/stack.md")
PER_CORE = Fact(763, "| 1 | 763 |", BENCHMARKS)
RANKING_MS = (
    Fact(1.4, "| **Lenta** | **1.4** | **2.2** | **2.4** |", BENCHMARKS),
    Fact(2.2, "| **Lenta** | **1.4** | **2.2** | **2.4** |", BENCHMARKS),
    Fact(2.4, "| **Lenta** | **1.4** | **2.2** | **2.4** |", BENCHMARKS),
)
RANKING_512_MS = (
    Fact(1.79, "| 2.19 | 1.79 |", "docs/decisions/0020-blocks-of-posts.md"),
    Fact(3.74, "| 11.25 | 3.74 |", "docs/decisions/0020-blocks-of-posts.md"),
)

# What a release takes, measured for this page by `tools.scaling.footprint`:
SHARD_BYTES = Fact(1_476_005, "1,476,005 bytes", SCALING)
SHARD_READERS = Fact(7_754, "7,754 readers", SCALING)
SHARD_MEMORY_BYTES = Fact(4_273_248, "4,273,248 bytes of memory", SCALING)
SHARD_READ_MS = Fact(14.5, "(least 14.5)", SCALING)
LINE_BYTES = Fact(760, "760 bytes of log", SCALING)
ANSWER_BYTES = Fact(12_830, "12,830 of answer", SCALING)

# Readers and their feed:
READERS = Fact(163_205, "163,205 readers", BENCHMARKS)
FEED_ROWS = Fact(77_188_581, "77,188,581 rows of feed", BENCHMARKS)
POSTS_A_SESSION = Fact(28.8, "| posts a session, mean | 28.8 |", "docs/demo-data.md")
SESSIONS = Fact(13.6, "| sessions a reader, mean | 13.6 |", "docs/demo-data.md")
DAYS = Fact(92, "", "October to December, the months of the network's feed")
FEED_DAYS = Fact(97, "and 97 days of `demo-data`", BENCHMARKS)
POSTS_A_CALL = Fact(5, "5 of 7,023 posts for a reader", BENCHMARKS)
GAP_SECONDS = Fact(20, "", "assumed: five posts are read in twenty seconds")

# The function's own rules:
SHARDS_KEPT = Fact(4, "SHARDS_KEPT = 4", "handler/readers.py")
PATIENCE_MS = Fact(200, "PATIENCE = 0.2", "handler/readers.py")
READERS_PER_SHARD = Fact(8_000, "READERS_PER_SHARD = 8_000", "artifacts/layout.py")
THROTTLE = Fact(100, "ThrottlingRate:\n    Type: Number\n    Default: 100", "template.yaml")
INIT_SECONDS = Fact(8, "INIT_WAIT = 8.0", "handler/serving.py")
MOST_MEMORY_MB = Fact(10_240, "MaxValue: 10240", "template.yaml")
MOST_BLOCKS = Fact(2**16, "_MOST_BLOCKS = 2**16", "artifacts/blocks.py")
BLOCK_POSTS = Fact(255, "128 to 255 posts", "docs/decisions/0020-blocks-of-posts.md")

# Amazon's rules:
_SCALING = "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html"
_CONCURRENCY = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"
QUOTA = Fact(1_000, "total concurrency limit of 1,000", _CONCURRENCY)
CALLS_PER_QUOTA = Fact(10, "10 times the quota of concurrency, a second", _CONCURRENCY)
GROWTH = Fact(1_000, "1,000 execution environment instances every 10 seconds", _SCALING)
GATEWAY = Fact(
    10_000, "10,000 requests per second",
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
)  # fmt: skip
S3_GETS = Fact(5_500, "5,500 GET/HEAD requests per second per partitioned prefix", _S3)
S3_FIRST_BYTE_MS = Fact(100, "roughly 100-200 milliseconds", _S3)
S3_FIRST_BYTE_MOST_MS = Fact(200, S3_FIRST_BYTE_MS.said, _S3)
S3_MB_PER_SECOND = Fact(
    85, "85-90 MB/s for each request",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-design-patterns.html",
)  # fmt: skip
IDLE_SECONDS = Fact(
    600, "", "assumed: Amazon does not say how long an idle container is kept; five minutes were "
    "usual once, 45 to 60 were measured in 2017 and it may be less at any time"
)  # fmt: skip

# Lines of the log that are not the function's own:
ACCESS_LINE_BYTES = Fact(420, "", "assumed: the format of template.yaml with usual values")
PLATFORM_LINES_BYTES = Fact(
    550, "", "assumed: Lambda's own `start` and `report` of each call, as JSON, at the level INFO "
    "that it has by default"
)  # fmt: skip

# Where else readers' rows could be:
NEAR_MS = Fact(5, "", "assumed of what is sold as single-digit milliseconds")

# Texts of a large catalogue, fetched by the calls that show them:
TEXT_GETS = Fact(0.12, "needed 0.12 GETs of texts each", BENCHMARKS)
TEXT_FILE_BYTES = Fact(73_000, "files of texts are 177 MB, 73 kB each", BENCHMARKS)
TEXTS_INSIDE = Fact(16_000_000, "TEXTS_INSIDE = 16_000_000", "artifacts/layout.py")
TEXTS_A_FILE = Fact(500_000, "TEXT_FILE_BYTES = 500_000", "artifacts/layout.py")

# The whole function with a million posts whose vectors have 9 numbers, not 33 as the network's:
_MILLION = "| 1,000,000 | in files of their own | 2,504 | 2,583 | 20.5 | 51.9 | 821 | 1,225 | 253 |"
MILLION_MB = Fact(821, _MILLION, BENCHMARKS)
MILLION_TWICE_MB = Fact(1_225, _MILLION, BENCHMARKS)

# Posts, measured for this page too, at two million of them, texts in files of their own:
POST_FILE_BYTES = Fact(244, "2,000,000 posts: 244 bytes of file", SCALING)
POST_BYTES = Fact(660, "2,000,000 posts: 244 bytes of file, 660 of memory", SCALING)
POST_PEAK_BYTES = Fact(1_181, "660 of memory and 1,181 at the peak", SCALING)
POST_TEXT_BYTES = Fact(1_216, "1,216 bytes of text", SCALING)
POSTS_PER_SECOND = Fact(2e6 / 3.27, "1,181 at the peak a post, 3.27 s", SCALING)
TEXT_READ_MS = Fact(0.5, "one read in 0.5 ms", SCALING)

# Training on the whole network, 163,205 readers and 97 days, on two cores: a first run, a run and a
# refresh a day later.


def _stage(said: str, first: float, run: float, refresh: float) -> tuple[Fact, Fact, Fact]:
    return (
        Fact(first, said, BENCHMARKS),
        Fact(run, said, BENCHMARKS),
        Fact(refresh, said, BENCHMARKS),
    )


READING = _stage("| reading the tables | 82.3 | 24.7 | 17.0 |", 82.3, 24.7, 17.0)
COUNTING = _stage(
    "| checking the tables and counting the days | 143.3 | 11.6 | 9.3 |", 143.3, 11.6, 9.3
)
FEATURES = _stage("| making features | 17.5 | 17.9 | 5.0 |", 17.5, 17.9, 5.0)
FITTING = _stage("| fitting and measuring | 71.9 | 71.5 | |", 71.9, 71.5, 0)
CANDIDATES = _stage("| finding candidates fast | 28.8 | 16.8 | 13.1 |", 28.8, 16.8, 13.1)
EXACTNESS = _stage("| the graph against LightGBM, the report | 6.2 | 6.8 | |", 6.2, 6.8, 0)
COMPARING = _stage("| comparing with what is served | | | 0.4 |", 0, 0, 0.4)
ALL = _stage("| **all, with start and publishing** | **367** | **165** | **56** |", 367, 165, 56)

# Views, and seconds of counting and of features for them, by which both grow:
FEW_VIEWS = Fact(6_876_950, "| 6,876,950 | 21.0 | 10.1 | 31.1 | 1 |", BENCHMARKS)
FEW_SECONDS = Fact(31.1, FEW_VIEWS.said, BENCHMARKS)
MANY_VIEWS = Fact(68_831_621, "| 68,831,621 | 143.3 | 17.5 | 160.8 | 5.2 |", BENCHMARKS)
MANY_SECONDS = Fact(160.8, MANY_VIEWS.said, BENCHMARKS)
