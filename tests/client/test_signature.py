"""Signatures as AWS verifies them: a server that makes each anew, by the specification.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import json
import re
import shutil
import subprocess
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from lenta_client import Lenta
from lenta_client.aws import Signature
from tests.client.conftest import Answer, Asked, Scripted

KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a session's"
POSTS = Answer(200, b'[{"id": 10, "text": "one", "topic": "tech"}]')
FEED = Answer(
    200,
    b'{"user_id": 7, "exp_group": "control", "release": "r", "source": "model", '
    b'"recommendations": [], "posts": [], "unknown_post_ids": []}',
)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _is_signed(asked: Asked) -> bool:
    """Whether the signature is that of the call as it came."""
    headers = {name.lower(): value for name, value in asked.headers.items()}
    said = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request, ?"
        r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
        headers["authorization"],
    )
    assert said is not None
    key_id, day, region, service, signed, signature = said.groups()
    sent = urlsplit(asked.path)
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(sent.query, keep_blank_values=True)
    )
    canonical = "\n".join(
        [
            asked.method,
            sent.path,
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{headers[name].strip()}" for name in signed.split(";")),
            "",
            signed,
            hashlib.sha256(asked.body).hexdigest(),
        ]
    )
    moment = headers["x-amz-date"]
    assert abs(datetime.fromisoformat(moment).timestamp() - datetime.now().timestamp()) < 300  # noqa: DTZ005 - both are moments
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            moment,
            f"{day}/{region}/{service}/aws4_request",
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, service, "aws4_request"):
        key = _mac(key, part)
    assert (key_id, region, service) == (KEY, "eu-central-1", "execute-api")
    assert "host" in signed.split(";")
    return hmac.compare_digest(_mac(key, text).hex(), signature)


def test_every_call_is_signed_as_it_is_sent(scripted: Scripted) -> None:
    scripted.answers = [FEED, FEED, FEED]
    with Lenta(scripted.url, auth=Signature("eu-central-1")) as lenta:
        zone = datetime.fromisoformat("2021-10-30T12:00:00+03:00")
        lenta.recommendations(-7, time=zone, exclude=[10, 13], explain=True)
        lenta.rerank(7, [10, 13], time=zone)
    assert [_is_signed(asked) for asked in scripted.asked] == [True, True]
    assert all(asked.headers["X-Amz-Security-Token"] == TOKEN for asked in scripted.asked)


def test_what_is_asked_again_is_signed_anew(scripted: Scripted) -> None:
    scripted.answers = [Answer(503, headers={"Retry-After": "1"}), POSTS]
    with Lenta(scripted.url, auth=Signature("eu-central-1"), backoff=0.01) as lenta:
        lenta.post_recommendations(7)
    assert [_is_signed(asked) for asked in scripted.asked] == [True, True]
    first, second = (asked.headers["X-Amz-Date"] for asked in scripted.asked)
    assert first < second


def test_a_changed_call_is_not(scripted: Scripted) -> None:
    scripted.answers = [FEED]
    with Lenta(scripted.url, auth=Signature("eu-central-1")) as lenta:
        lenta.rerank(7, [10])
    [asked] = scripted.asked
    changed = json.dumps({"user_id": 8, "post_ids": [10]}).encode()
    assert not _is_signed(Asked(asked.method, asked.path, asked.headers, changed))


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl to compare with")
def test_curl_signs_the_same_way(scripted: Scripted) -> None:
    # So the test's own reading of the specification is another's, too.
    scripted.answers = [FEED]
    subprocess.run(
        [
            "curl", "--silent", "--noproxy", "*", "--aws-sigv4", "aws:amz:eu-central-1:execute-api",
            "--user", f"{KEY}:{SECRET}", f"{scripted.url}/v1/recommendations?explain=true&id=7",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    [asked] = scripted.asked
    assert _is_signed(asked)


def test_who_has_no_credentials_learns_it_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nowhere = str(tmp_path_factory.mktemp("home") / "absent")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", nowhere)
    monkeypatch.setenv("AWS_CONFIG_FILE", nowhere)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(RuntimeError, match="no AWS credentials"):
        Signature("eu-central-1")
