"""A function that trusts some keys serves what one of them has signed, and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from artifacts.signature import VERIFY_KEYS
from artifacts.signing import SIGNING_KEY
from handler.api import create_app
from handler.settings import Settings
from tests.artifacts.keys import Key, make_key, sign_with, trust
from tests.handler import small
from tests.handler.client import Client


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return make_key(tmp_path, "ours")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def put_signed(store: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> str:
    """Publish and promote a signed release."""
    sign_with(key, monkeypatch)
    return small.put(store).release


def put_unsigned(store: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> str:
    """Publish and promote a release as somebody does who may write, but has no key."""
    monkeypatch.delenv(SIGNING_KEY, raising=False)
    monkeypatch.delenv(VERIFY_KEYS, raising=False)
    release = small.put(store).release
    trust(monkeypatch, key.text)
    return release


def served(client: Client) -> str:
    """The release that answers."""
    answer = client.get("/v1/recommendations?id=7")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["release"])


def refusals(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines: list[dict[str, Any]] = [*map(json.loads, capsys.readouterr().out.splitlines())]
    return [line["reason"] for line in lines if "ReleaseRefused" in line]


def test_a_signed_release_is_served(store: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = put_signed(store, key, monkeypatch)
    with Client(create_app(Settings(store=str(store)))) as client:
        assert served(client) == signed


def test_an_unsigned_one_that_is_promoted_is_refused_and_the_signed_one_serves_on(
    store: Path, key: Key, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = put_signed(store, key, monkeypatch)
    app = create_app(Settings(store=str(store)))
    with Client(app) as client:
        assert served(client) == signed
        unsigned = put_unsigned(store, key, monkeypatch)
        app.state.serving.refresh()
        assert served(client) == signed
    (reason,) = refusals(capsys)
    assert f"release {unsigned} is not signed" in reason


def test_a_start_passes_over_unsigned_ones_to_the_last_signed_one(
    store: Path, key: Key, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = put_signed(store, key, monkeypatch)
    unsigned = [put_unsigned(store, key, monkeypatch) for _ in range(2)]
    with Client(create_app(Settings(store=str(store)))) as client:
        assert served(client) == signed
    told = refusals(capsys)
    assert len(told) == 2
    assert all(
        any(f"release {release} is not signed" in one for one in told) for release in unsigned
    )


@pytest.mark.parametrize("keys", ["handler/release-keys.pem", "no key", ","])
def test_without_a_key_that_can_be_read_nothing_is_served(
    store: Path, key: Key, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_signed(store, key, monkeypatch)
    trust(monkeypatch, keys)
    with Client(create_app(Settings(store=str(store)))) as client:
        answer = client.get("/v1/recommendations?id=7")
    assert answer.status_code == 503
    assert VERIFY_KEYS in answer.json()["detail"]


PROGRAM = "import handler.app, sys, json; print(json.dumps(sorted(sys.modules)))"


def test_cryptography_is_imported_where_keys_are_trusted_alone(
    store: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_signed(store, key, monkeypatch)
    for keys in ("", str(key.public)):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "ARTIFACT_STORE": str(store), VERIFY_KEYS: keys},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        modules = json.loads(done.stdout.splitlines()[-1])
        assert ("cryptography" in modules) == bool(keys)
        # Its reader of PEM is what costs most.
        assert "cryptography.hazmat.primitives.serialization.base" not in modules
