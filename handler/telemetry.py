"""What the log says of a call: one line of JSON, from which CloudWatch takes its metrics, too.

The embedded metric format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Never a token, never a text, and a reader's id only hashed.
"""

import json
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from artifacts.pseudonym import pseudonym
from handler.exposure import Exposure

NAMESPACE = "Lenta"
"""Of the metrics; the template's alarms look there."""

_LONGEST = 500


@dataclass(frozen=True)
class Answered:
    """What a reader was answered with.

    Attributes:
        exposure: what was shown.
        feature_age: seconds from the end of the release's data to now.
    """

    exposure: Exposure
    feature_age: int


@dataclass
class Call:
    """One call: filled in while it is answered."""

    status: int = 500
    answered: Answered | None = None


_current: ContextVar[Call | None] = ContextVar("call", default=None)


def fault(metric: str, error: BaseException | None) -> None:
    """Log something that went wrong aside from any call, and count it.

    Args:
        metric: `ReleaseRefused`, `StoreFailed` or `ShardFailed`.
        error: what went wrong.
    """
    _aside(metric, reason=(str(error) or type(error).__name__)[:_LONGEST])


def loaded(releases: Sequence[str]) -> None:
    """Log that other releases answer from now on, and count it as `ReleaseLoaded`."""
    _aside("ReleaseLoaded", releases=list(releases))


def _aside(metric: str, **facts: object) -> None:
    line = EphemeralMetrics(namespace=NAMESPACE)
    # As Lambda calls the function; on one's own machine it has no name.
    line.add_dimension("FunctionName", os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"))
    line.add_metric(metric, MetricUnit.Count, 1)
    for name, fact in facts.items():
        line.add_metadata(name, fact)
    line.flush_metrics()


class Telemetry:
    """Writes a line for each call to standard output, which Lambda sends to CloudWatch Logs.

    Args:
        reader_hash_key: the key of the hash of readers' ids; if empty, one is made up.
    """

    def __init__(self, reader_hash_key: str) -> None:
        self._key = reader_hash_key.encode() or secrets.token_bytes()

    def note(self, answered: Answered) -> None:
        """Log what a call is answered with: in the call's line, or where it has none in its own."""
        call = _current.get()
        if call is not None:
            call.answered = answered
        else:
            print(json.dumps({"exposure": self._record(answered.exposure)}))

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
            is_fallback = answered.exposure.source != "model"
            line.add_metric("Fallback", MetricUnit.Count, is_fallback)
            line.add_metric("FeatureAge", MetricUnit.Seconds, answered.feature_age)
            line.add_metadata("exposure", self._record(answered.exposure))
        line.flush_metrics()

    def _record(self, exposure: Exposure) -> dict[str, object]:
        return exposure.record(pseudonym(exposure.reader, self._key))
