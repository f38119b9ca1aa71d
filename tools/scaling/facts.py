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
SHARD_READ_MS = Fact(13.7, "(least 13.7)", SCALING)
LINE_BYTES = Fact(760, "760 bytes of log", SCALING)
ANSWER_BYTES = Fact(12_830, "12,830 of answer", SCALING)

# Readers and their feed:
READERS = Fact(163_205, "163,205 readers", BENCHMARKS)
FEED_ROWS = Fact(71_523_732, "71,523,732", "docs/demo-data.md")
POSTS_A_SESSION = Fact(28.8, "| posts a session, mean | 28.8 |", "docs/demo-data.md")
SESSIONS = Fact(13.6, "| sessions a reader, mean | 13.6 |", "docs/demo-data.md")
DAYS = Fact(92, "", "October to December, the months of the network's feed")
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

# Posts, measured for this page too, at a million of them:
POST_FILE_BYTES = Fact(311, "1,000,000 posts: 311 bytes of file", SCALING)
POST_BYTES = Fact(2_157, "2,157 of memory", SCALING)
POST_PEAK_BYTES = Fact(2_421, "2,421 at the peak", SCALING)
POST_TEXT_BYTES = Fact(1_216, "1,216 bytes of text", SCALING)
POSTS_PER_SECOND = Fact(1e6 / 8.06, "peak a post, 8.06 s", SCALING)

# A refresh of the network's readers and rows, on two cores that other programs used, too:
REFRESH_SECONDS = Fact(294, "| **all** | **768** | **294** |", BENCHMARKS)
PUBLISH_SECONDS = Fact(28, "| publishing | 58 | 28 |", BENCHMARKS)
