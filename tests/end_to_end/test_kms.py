"""Releases signed by AWS KMS, in an emulator of AWS that boto3 speaks to as to KMS itself."""

import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session

from artifacts.errors import CannotSign, InvalidKey
from artifacts.publish import publish
from artifacts.release import open_release, verify
from artifacts.signature import VERIFY_KEYS
from artifacts.signing import SIGNING_KEY
from artifacts.stores import open_store
from tests.artifacts.examples import FILES, draft
from tools.emulator import REGION, emulator

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kms_environment(function_version: str) -> Iterator[dict[str, str]]:
    with emulator(function_version) as running:
        yield running.environment()


@pytest.fixture
def kms(kms_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """boto3's client of the emulator, which the environment takes for AWS."""
    for name in os.environ.keys() - kms_environment.keys():
        monkeypatch.delenv(name)
    for name, value in kms_environment.items():
        monkeypatch.setenv(name, value)
    return Session().client("kms")


def key_of(kms: Any, spec: str = "ECC_NIST_EDWARDS25519") -> str:
    """The ARN of a new key, which is trusted."""
    made = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    arn: str = made["KeyMetadata"]["Arn"]
    return arn


def public_key(kms: Any, arn: str) -> str:
    """As `aws kms get-public-key --query PublicKey --output text` prints it."""
    return b64encode(kms.get_public_key(KeyId=arn)["PublicKey"]).decode()


def test_what_kms_signs_is_opened_by_whoever_has_the_public_key(
    kms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = key_of(kms)
    kms.create_alias(AliasName="alias/lenta", TargetKeyId=arn)
    monkeypatch.setenv(VERIFY_KEYS, public_key(kms, arn))
    store = open_store(str(tmp_path / "store"))
    for name in (arn, arn.rpartition("/")[2], "alias/lenta"):
        monkeypatch.setenv(SIGNING_KEY, f"awskms:{name}")
        release = publish(store, draft(), FILES.items()).release
        assert verify(open_release(store, release)) == (), name


def test_a_key_is_asked_for_in_the_region_of_its_arn(
    kms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = key_of(kms)
    assert f":{REGION}:" in arn
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv(VERIFY_KEYS, public_key(kms, arn))
    monkeypatch.setenv(SIGNING_KEY, f"awskms:{arn}")
    store = open_store(str(tmp_path / "store"))
    assert verify(open_release(store, publish(store, draft(), FILES.items()).release)) == ()


def test_a_key_that_kms_does_not_sign_with_publishes_nothing(
    kms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn, other = key_of(kms), key_of(kms)
    monkeypatch.setenv(VERIFY_KEYS, public_key(kms, arn))
    store = open_store(str(tmp_path / "store"))
    kms.disable_key(KeyId=arn)
    for name in (arn, key_of(kms, "ECC_NIST_P256"), arn[:-4] + "0000", "no key at all"):
        monkeypatch.setenv(SIGNING_KEY, f"awskms:{name}")
        with pytest.raises(CannotSign, match=r"AWS KMS does not sign: .*Sign operation"):
            publish(store, draft(), FILES.items())
    monkeypatch.setenv(SIGNING_KEY, f"awskms:{other}")
    with pytest.raises(InvalidKey, match="does not hold the public key"):
        publish(store, draft(), FILES.items())
    assert list(store.keys("")) == []


def test_a_kms_that_cannot_be_asked_is_told_in_a_sentence(
    kms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VERIFY_KEYS, public_key(kms, key_of(kms)))
    monkeypatch.setenv(SIGNING_KEY, "awskms:alias/lenta")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(CannotSign, match="there is no way to AWS KMS: You must specify a region"):
        publish(open_store(str(tmp_path)), draft(), FILES.items())
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(CannotSign, match="AWS KMS does not sign: Could not connect"):
        publish(open_store(str(tmp_path)), draft(), FILES.items())
