"""What the API's description allows is answered and what it forbids refused, as it says."""

from collections.abc import Iterator
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import BaseSchema, Case, CheckFunction, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import negative_data_rejection

from handler.api import create_app
from handler.clock import LOCAL
from handler.settings import Settings
from tests.handler.conftest import Small
from tools.bench.table import Measured, report

WITHOUT_PARAMETERS = "GET /healthz"
MODES = {
    "drawn, allowed": GenerationMode.POSITIVE,
    "drawn, forbidden": GenerationMode.NEGATIVE,
}

# A format that the library does not know; what is drawn is filtered by the years' pattern.
schemathesis.openapi.format(LOCAL, st.datetimes().map(lambda moment: moment.isoformat()))

Tried = dict[tuple[str, str], int]
Operation = APIOperation[Any, Any, Any, Any]
Call = Case[Operation]


@pytest.fixture(scope="module")
def description(small_release: Small) -> BaseSchema:
    app = create_app(Settings(store=str(small_release.store)))
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def test_some_hundred_calls_are_answered_as_described(description: BaseSchema) -> None:
    assert sum(_try(description, draws=10).values()) >= 300


@pytest.mark.slow
def test_five_thousand_calls_are_answered_as_described(description: BaseSchema) -> None:
    began = monotonic()
    tried = _try(description, draws=800)
    what = f"calls answered as described, in {monotonic() - began:.0f} s"
    rows = tuple((call, how, count) for (call, how), count in tried.items())
    report(Measured("described-calls", what, ("call", "how made", "calls"), rows))
    assert sum(tried.values()) >= 5_000


def _try(description: BaseSchema, draws: int) -> Tried:
    """How many calls were made, by operation and by how they were chosen."""
    tried: Tried = {}
    for found in description.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        label = operation.label
        tried[label, "limits"] = _call_all(_at_limits(description, operation))
        for how, mode in MODES.items():
            if label != WITHOUT_PARAMETERS:
                tried[label, how] = _call_drawn(operation, mode, draws)
    return tried


def _at_limits(description: BaseSchema, operation: Operation) -> Iterator[Call]:
    """Each limit of each parameter kept and broken, each left out, and every other method."""
    return description.iter_coverage_cases(
        operation,
        generation_modes=list(GenerationMode),
        generation_config=description.config.generation_for(operation=operation),
    )


def _call_all(cases: Iterator[Call]) -> int:
    count = 0
    for case in cases:
        _check(case)
        count += 1
    return count


def _call_drawn(operation: Operation, mode: GenerationMode, draws: int) -> int:
    count = 0

    # The same calls each time: a run that fails is found again.
    @settings(
        max_examples=draws,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Call) -> None:
        nonlocal count
        count += 1
        _check(case)

    call()
    return count


def _check(case: Call) -> None:
    answer = case.call()
    query = parse_qsl(urlsplit(str(answer.request.url)).query, keep_blank_values=True)
    lenient: list[CheckFunction] = [negative_data_rejection] if _is_read_leniently(query) else []
    case.validate_response(answer, excluded_checks=lenient)


def _is_read_leniently(query: list[tuple[str, str]]) -> bool:
    """Of a parameter that comes again the last counts, and of `exclude` blanks are passed over."""
    once = [name for name, _ in query if name != "exclude"]
    excluded = [text for name, text in query if name == "exclude"]
    return len({*once}) < len(once) or any("," in text or not text.strip() for text in excluded)
