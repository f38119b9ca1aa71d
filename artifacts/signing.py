"""Signs manifests, with a key in a file or in AWS KMS."""

import re
from collections.abc import Callable
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING

from artifacts.errors import CannotSign, InvalidKey
from artifacts.signature import VERIFY_KEYS, is_by_any, trusted_keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

SIGNING_KEY = "LENTA_SIGNING_KEY"
"""The variable that names the private key that releases are signed with: a PEM file, or `awskms:`
and an id, alias or ARN of a key in AWS KMS; unset, none are signed."""

Sign = Callable[[bytes], bytes]
"""Makes the 64 bytes of a signature of up to 4096 bytes, as many as AWS KMS takes."""

_KMS = "awskms:"
_ARN = re.compile(r"arn:[a-z-]+:kms:([a-z0-9-]+):.+")
_TRIAL = b"lenta trial"


def signer() -> Sign | None:
    """What signs with the key of LENTA_SIGNING_KEY, tried out; None if it is unset or empty.

    Whoever signs must say whom to trust, and be among them: else a changed release would get a
    valid signature by way of a refresh, and what is signed might be refused by all.

    Raises:
        InvalidKey: LENTA_SIGNING_KEY names no private key, LENTA_VERIFY_KEYS no public one, or
            none that belongs to it.
        CannotSign: AWS KMS does not sign.
    """
    name = environ.get(SIGNING_KEY, "").strip()
    if not name:
        return None
    keys = trusted_keys()
    if not keys:
        raise InvalidKey(
            f"{SIGNING_KEY} is set, but {VERIFY_KEYS} is not: it must hold its public key"
        )
    sign = _by_kms(name.removeprefix(_KMS)) if name.startswith(_KMS) else _by_file(name)
    if not is_by_any(keys, sign(_TRIAL), _TRIAL):
        raise InvalidKey(f"{VERIFY_KEYS} does not hold the public key of {SIGNING_KEY}")
    return sign


def _by_file(name: str) -> Sign:
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - seldom needed

    key = _read(name)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise InvalidKey(f"{SIGNING_KEY}: {name} is a key of another kind than Ed25519")
    return key.sign


def _read(name: str) -> "PrivateKeyTypes":
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - seldom needed
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - the same
        load_pem_private_key,
    )

    try:
        return load_pem_private_key(Path(name).read_bytes(), password=None)
    except OSError as error:
        raise InvalidKey(f"{SIGNING_KEY}: {name}: {error.strerror}") from error
    except TypeError as error:
        raise InvalidKey(f"{SIGNING_KEY}: {name} is locked by a password") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidKey(f"{SIGNING_KEY}: {name} holds no private key in PEM") from error


def _by_kms(name: str) -> Sign:
    try:
        from boto3.session import Session  # noqa: PLC0415 - slow, and needed for this alone
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - the same
    except ImportError as error:
        raise CannotSign(f"{SIGNING_KEY}: boto3 is not installed, which asks AWS KMS") from error
    arn = _ARN.fullmatch(name)
    region = arn[1] if arn else environ.get("AWS_REGION")
    try:
        client = Session().client("kms", region_name=region)
    except (BotoCoreError, ValueError) as error:
        raise CannotSign(f"{SIGNING_KEY}: there is no way to AWS KMS: {error}") from error

    def sign(data: bytes) -> bytes:
        try:
            # https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
            signed = client.sign(
                KeyId=name, Message=data, MessageType="RAW", SigningAlgorithm="ED25519_SHA_512"
            )
        except (BotoCoreError, ClientError) as error:
            raise CannotSign(f"{SIGNING_KEY}: AWS KMS does not sign: {error}") from error
        return bytes(signed["Signature"])

    return sign
