"""What the log says of a call: one line of JSON, from which CloudWatch takes its metrics, too.

The embedded metric format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Never a token, never a text, and a reader's id only hashed.
"""

import hmac
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "Lenta"
"""Of the metrics; the template's alarms look there."""

_HASH_DIGITS = 16


@dataclass(frozen=True)
class Answered:
    """What a reader was answered with.

    Attributes:
        reader: the reader's id.
        release: the id of the release.
        arm: of the channel.
        source: `model`, or `cold_start` for a reader whom the release does not know.
        feature_age: seconds from the end of the release's data to now.
    """

    reader: int
    release: str
    arm: str
    source: str
    feature_age: int


@dataclass
class Call:
    """One call: filled in while it is answered."""

    status: int = 500
    answered: Answered | None = None


_current: ContextVar[Call | None] = ContextVar("call", default=None)


def note(answered: Answered) -> None:
    """Remember for the log what the call is answered with; nothing where nobody logs it."""
    call = _current.get()
    if call is not None:
        call.answered = answered


class Telemetry:
    """Writes the line of each call to standard output, which Lambda sends to CloudWatch Logs.

    Args:
        reader_hash_key: the key of the hash of readers' ids; if empty, one is made up.
    """

    def __init__(self, reader_hash_key: str) -> None:
        self._key = reader_hash_key.encode() or secrets.token_bytes()

    @contextmanager
    def call(self, request_id: str, function_name: str) -> Iterator[Call]:
        """Time the block, and write its line whether it raises or not.

        Args:
            request_id: Lambda's, which the access log of API Gateway names as well.
            function_name: the metrics' dimension.
        """
        call = Call()
        token = _current.set(call)
        began = time.perf_counter()
        try:
            yield call
        finally:
            milliseconds = (time.perf_counter() - began) * 1000
            _current.reset(token)
            self._write(call, request_id, function_name, milliseconds)

    def _write(self, call: Call, request_id: str, function_name: str, milliseconds: float) -> None:
        line = EphemeralMetrics(namespace=NAMESPACE)
        line.add_dimension("FunctionName", function_name)
        line.add_metric("Duration", MetricUnit.Milliseconds, milliseconds)
        line.add_metadata("request_id", request_id)
        line.add_metadata("status", call.status)
        line.add_metadata("milliseconds", round(milliseconds, 2))
        answered = call.answered
        if answered:
            line.add_metric("Fallback", MetricUnit.Count, answered.source != "model")
            line.add_metric("FeatureAge", MetricUnit.Seconds, answered.feature_age)
            line.add_metadata("release", answered.release)
            line.add_metadata("arm", answered.arm)
            line.add_metadata("source", answered.source)
            line.add_metadata("reader", self._hash(answered.reader))
        line.flush_metrics()

    def _hash(self, reader: int) -> str:
        # Keyed: anybody could hash all ids there are.
        return hmac.digest(self._key, str(reader).encode(), "sha256").hex()[:_HASH_DIGITS]
