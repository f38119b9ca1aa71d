"""`sam local` answers as the function does in AWS's emulator, from a release in S3.

WRITE_TRANSCRIPT=1 make test-sam   writes what `sam local invoke` printed into the how-to.
"""

import base64
import functools
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.documents import blocks
from tests.support.lambda_runtime import PROJECT, StartFunction, event
from tests.support.sam import HOW_TO, Invoked, SamLocal
from tools.runtime import Runtime

EVENTS = sorted(path.stem for path in (PROJECT / "events").glob("*.json"))
CALLS = [name for name in EVENTS if event(name).get("version") == "2.0"]
STATUS = {"invalid-v2": 422}

SHOWN = "rerank-v2"
COMMAND = f"$ .venv-sam/bin/sam local invoke --skip-pull-image --event events/{SHOWN}.json\n"
NOT_SHOWN = re.compile(r"\{|\[ERROR\] \[\d+\] LAMBDA_RUNTIME Failed to get next invocation")
"""The function's own log; that it was stopped while it waited, which `sam` prints or not."""

ANOTHER_EACH_TIME = {
    r"START .*\n": "",  # printed or not, as `sam` began to read the container's log in time or late
    r"(?<=Mounting )\S+": "FOLDER",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "REQUEST",
    r"\b[0-9a-f]{64}\b": "CONTAINER",
    r"\b\d{8}T\d{6}Z-[0-9a-f]{8}\b": "RELEASE",
    r"-?\d+(\.\d+)?(e-?\d+)?": "NUMBER",
}

Invoke = Callable[[str], Invoked]


@pytest.fixture(scope="module")
def invoke(sam_local: SamLocal) -> Invoke:
    """What `sam local invoke` prints for an event; each is run once, as a container takes time."""
    return functools.cache(sam_local.invoke)


@pytest.fixture(scope="module")
def api(sam_local: SamLocal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `sam local start-api`."""
    with sam_local.start_api(tmp_path_factory.mktemp("start-api") / "log") as address:
        yield address


@pytest.fixture(scope="module")
def emulator(sam_local: SamLocal, start_function: StartFunction) -> Iterator[Runtime]:
    """The function in AWS's emulator, with the same store."""
    with start_function(sam_local.store) as runtime:
        yield runtime


@pytest.mark.parametrize("name", EVENTS)
def test_sam_local_invoke_answers_every_event(name: str, invoke: Invoke, emulator: Runtime) -> None:
    found = json.loads(invoke(name).answer)

    assert found["statusCode"] == STATUS.get(name, 200), found
    assert _body(found) == _body(emulator.invoke(event(name)))


@pytest.mark.parametrize("name", CALLS)
def test_sam_local_start_api_answers_every_call(name: str, api: str, emulator: Runtime) -> None:
    call = event(name)
    response = httpx.request(
        call["requestContext"]["http"]["method"],
        f"{api}{call['rawPath']}?{call['rawQueryString']}",
        content=base64.b64decode(call.get("body", "")),
        headers={"content-type": "application/json"},
        timeout=60,
        trust_env=False,
    )

    assert response.status_code == STATUS.get(name, 200), response.text
    assert _without_age(response.json()) == _body(emulator.invoke(call))


def test_the_how_to_shows_what_sam_local_invoke_prints(invoke: Invoke) -> None:
    invoke(EVENTS[0])  # the first one builds the image, and says so
    printed = COMMAND + _without_noise(invoke(SHOWN))
    if "WRITE_TRANSCRIPT" in os.environ:
        _write(printed)
    assert _comparable(_shown()) == _comparable(printed)


def _body(found: dict[str, Any]) -> Any:
    body = found["body"]
    return _without_age(json.loads(base64.b64decode(body) if found["isBase64Encoded"] else body))


def _without_age(body: Any) -> Any:
    # A second may pass between the two calls.
    if isinstance(body, dict):
        body.pop("feature_age_seconds", None)
    return body


def _without_noise(invoked: Invoked) -> str:
    # With its report a call is over. Then the runtime is stopped, and complains or not, for long
    # enough to be heard or not.
    log = re.match(r".*^REPORT RequestId: [^\n]*", invoked.log, re.DOTALL | re.MULTILINE)
    assert log, invoked.log
    lines = [line.rstrip() for line in log[0].splitlines() if not NOT_SHOWN.match(line)]
    return "\n".join(lines).strip() + f"\n{invoked.answer.strip()}\n"


def _shown() -> str:
    (transcript,) = (block.text for block in blocks(HOW_TO) if block.text.startswith(COMMAND))
    return transcript


def _write(printed: str) -> None:
    folder = "/home/you/lenta/.aws-sam/build/Function"
    transcript = re.sub(r"(?<=Mounting )\S+", folder, printed)
    text = HOW_TO.read_text(encoding="utf-8")
    HOW_TO.write_text(text.replace(_shown(), transcript), encoding="utf-8")


def _comparable(transcript: str) -> str:
    for volatile, placeholder in ANOTHER_EACH_TIME.items():
        transcript = re.sub(volatile, placeholder, transcript)
    return transcript
