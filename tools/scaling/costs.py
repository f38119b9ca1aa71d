"""List prices of us-east-1, and what a million feeds cost by them."""

from dataclasses import dataclass
from math import inf

from tools.scaling import facts

MONTH = 30 * 86_400
GB = 1e9
_TO_INTERNET = "https://aws.amazon.com/ec2/pricing/on-demand/"


@dataclass(frozen=True)
class Price:
    """A list price in dollars, without free tiers.

    Attributes:
        what: is sold.
        unit: of the amounts.
        steps: (up to how much a month, dollars a unit), rising; the last has no end.
        source: the page of prices.
        since: the last change of it that is known, or when it was read in a copy of the page.
    """

    what: str
    unit: str
    steps: tuple[tuple[float, float], ...]
    source: str
    since: str

    def bill(self, amount: float) -> float:
        """Dollars for so much in a month."""
        dollars, below = 0.0, 0.0
        for up_to, price in self.steps:
            dollars += price * (min(amount, up_to) - below)
            if amount <= up_to:
                break
            below = up_to
        return dollars


GATEWAY = Price(
    "HTTP API, calls up to 512 KB", "million", ((300, 1.00), (inf, 0.90)),
    "https://aws.amazon.com/api-gateway/pricing/", "2025-05",
)  # fmt: skip
CALLS = Price(
    "Lambda, calls", "million", ((inf, 0.20),), "https://aws.amazon.com/lambda/pricing/", "2026-09"
)
COMPUTE = Price(
    "Lambda, x86", "GB-second",
    ((6e9, 0.0000166667), (15e9, 0.000015), (inf, 0.000013334)),
    "https://aws.amazon.com/lambda/pricing/", "2022-08, with starts 2025-08",
)  # fmt: skip
GETS = Price("S3, GET", "million", ((inf, 0.40),), "https://aws.amazon.com/s3/pricing/", "2025")
PUTS = Price("S3, PUT", "million", ((inf, 5.00),), "https://aws.amazon.com/s3/pricing/", "2025")
STORED = Price(
    "S3, stored", "GB and month", ((50_000, 0.023), (450_000, 0.022), (inf, 0.021)),
    "https://aws.amazon.com/s3/pricing/", "2025",
)  # fmt: skip
NEAR_GETS = Price(
    "S3 Express One Zone, GET",
    "million",
    ((inf, 0.03),),
    "https://aws.amazon.com/s3/faqs/",
    "2025-04",
)
NEAR_READ = Price(
    "S3 Express One Zone, read",
    "GB",
    ((inf, 0.0006),),
    "https://aws.amazon.com/s3/faqs/",
    "2025-04",
)
ROWS = Price(
    "DynamoDB on demand, reads of 4 KB; half of one where it need not be the newest", "million",
    ((inf, 0.125),), "https://aws.amazon.com/dynamodb/pricing/on-demand/", "2024-11",
)  # fmt: skip
ROW_WRITES = Price(
    "DynamoDB on demand, writes of 1 KB", "million", ((inf, 0.625),),
    "https://aws.amazon.com/dynamodb/pricing/on-demand/", "2024-11",
)  # fmt: skip
LOGS = Price(
    "CloudWatch, log lines of Lambda and API Gateway", "GB",
    ((10_000, 0.50), (30_000, 0.25), (50_000, 0.10), (inf, 0.05)),
    "https://aws.amazon.com/cloudwatch/pricing/", "2025-05",
)  # fmt: skip
OUT = Price(
    "data to the internet", "GB", ((10_000, 0.09), (50_000, 0.085), (150_000, 0.07), (inf, 0.05)),
    _TO_INTERNET, "2025",
)  # fmt: skip
PRICES = (
    GATEWAY, CALLS, COMPUTE, GETS, PUTS, STORED, NEAR_GETS, NEAR_READ, ROWS, ROW_WRITES, LOGS, OUT,
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """Where readers' rows lie.

    Attributes:
        name: of it.
        milliseconds: that a call waits for a row that the container has not.
        requests: by which price a fetch is billed, and for how many units a fetch.
        read: by which price its bytes are billed, and how many GB a fetch.
        kept: whether containers keep what they fetched, so that some calls need no fetch.
    """

    name: str
    milliseconds: float
    requests: tuple[Price, float]
    read: tuple[Price, float]
    kept: bool = True


_FREE = Price("bytes within a region", "GB", ((inf, 0.0),), "", "")
_MOVED_MS = facts.SHARD_BYTES.value / 1e3 / facts.S3_MB_PER_SECOND.value
AS_NOW = Way(
    "shards in S3",
    facts.S3_FIRST_BYTE_MS.value + _MOVED_MS + facts.SHARD_READ_MS.value,
    (GETS, 1.0),
    (_FREE, 0.0),
)
NEAR = Way(
    "shards in S3 Express",
    facts.NEAR_MS.value + _MOVED_MS + facts.SHARD_READ_MS.value,
    (NEAR_GETS, 1.0),
    (NEAR_READ, facts.SHARD_BYTES.value / GB),
)
ROW = Way("a row in DynamoDB", facts.NEAR_MS.value, (ROWS, 0.5), (_FREE, 0.0), kept=False)
WAYS = (AS_NOW, NEAR, ROW)
TEXTS_MS = (
    facts.S3_FIRST_BYTE_MS.value
    + facts.TEXT_FILE_BYTES.value / 1e3 / facts.S3_MB_PER_SECOND.value
    + facts.TEXT_READ_MS.value
)
"""What a call waits for a file of texts, at most: those of a call are fetched all at once."""


@dataclass(frozen=True)
class Usage:
    """What serving is like.

    Attributes:
        rate: calls a second, the mean of the month, by which steps of prices are reached.
        hits: share of calls whose shard the container has, where it keeps shards.
        cold: share of calls that a new container answers.
        call_ms: of a call that fetches nothing.
        megabytes: of a container.
        text_gets: files of texts that a call fetches, in the mean.
    """

    rate: float
    hits: float
    cold: float
    call_ms: float
    megabytes: float
    text_gets: float = 0


def per_million(usage: Usage, way: Way) -> dict[str, float]:
    """Dollars a million feeds, by what they are paid for."""
    calls = usage.rate * MONTH / 1e6  # millions
    fetched = calls * (1 - usage.hits if way.kept else 1)
    started = calls * usage.cold
    texts = calls * usage.text_gets
    milliseconds = (
        calls * usage.call_ms
        + fetched * way.milliseconds
        + texts * TEXTS_MS
        + started * facts.START_MS.value
    )
    # Of a million calls so many milliseconds are a thousand times as many seconds.
    gigabyte_seconds = milliseconds * 1e3 * usage.megabytes / 1024
    requests, units = way.requests
    read, gigabytes = way.read
    dollars = {
        "API Gateway": GATEWAY.bill(calls),
        "Lambda": CALLS.bill(calls) + COMPUTE.bill(gigabyte_seconds),
        "readers' rows": requests.bill(fetched * units) + read.bill(fetched * 1e6 * gigabytes),
        "texts": GETS.bill(texts),
        "logs": LOGS.bill(calls * 1e6 * _LOGGED_BYTES / GB),
        "data out": OUT.bill(calls * 1e6 * facts.ANSWER_BYTES.value / GB),
    }
    return {name: bill / calls for name, bill in dollars.items()}


_LOGGED_BYTES = (
    facts.LINE_BYTES.value + facts.ACCESS_LINE_BYTES.value + facts.PLATFORM_LINES_BYTES.value
)
