"""Signatures of manifests: not everybody who may write to a store may say what a release is.

Ed25519 over one line that names the sha256 of the manifest, whose files are named by theirs. A
signature is a file of its own, so a release can be signed by any program that knows the line.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator
from os import environ
from pathlib import Path

from artifacts.errors import InvalidKey

VERIFY_KEYS = "LENTA_VERIFY_KEYS"
"""The variable that names the public keys of which one must have signed a release, in base64 or as
PEM files, with commas between; unset, none need have."""

_SIGNATURE_BYTES = 64
_KEY_BYTES = 32
# What DER puts before the 32 bytes of a public key: https://www.rfc-editor.org/rfc/rfc8410#section-4
_DER = bytes.fromhex("302a300506032b6570032100")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----")
_BASE64_KEY = re.compile(r"[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{59}=")


def message(manifest: bytes) -> bytes:
    """What is signed: short enough for AWS KMS, and nothing else that a key may sign looks like it.

    Args:
        manifest: the bytes of manifest.json.
    """
    return f"lenta manifest sha256:{hashlib.sha256(manifest).hexdigest()}".encode()


def to_file(signature: bytes) -> bytes:
    """The bytes of manifest.sig."""
    return b64encode(signature) + b"\n"


def trusted_keys() -> tuple[bytes, ...]:
    """The public keys of LENTA_VERIFY_KEYS, 32 bytes each; none if it is unset or empty.

    It holds, with commas between, keys in base64 (of 32 bytes, or as AWS KMS and OpenSSL give them
    in DER), or paths of PEM files, each with one key or several.

    Raises:
        InvalidKey: one of them is none, so nobody knows whom to trust.
    """
    text = environ.get(VERIFY_KEYS, "").strip()
    return tuple(key for item in text.split(",") for key in _keys(item.strip())) if text else ()


def is_by_any(keys: tuple[bytes, ...], signature: bytes, signed: bytes) -> bool:
    """Whether one of the keys has made the signature.

    Args:
        keys: public keys, 32 bytes each.
        signature: its 64 bytes; of any other length it is none.
        signed: what was signed.
    """
    # 30 ms of a cold start, for whoever trusts nobody else.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - see above

    for key in keys:
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
        except InvalidSignature:
            continue
        return True
    return False


def has_signed(keys: tuple[bytes, ...], file: bytes, manifest: bytes) -> bool:
    """Whether manifest.sig holds a signature of the manifest by one of the keys.

    Args:
        keys: public keys, 32 bytes each.
        file: the bytes of manifest.sig.
        manifest: the bytes of manifest.json.
    """
    try:
        signature = b64decode(file.removesuffix(b"\n"), validate=True)
    except Base64Error:
        return False
    return len(signature) == _SIGNATURE_BYTES and is_by_any(keys, signature, message(manifest))


def _keys(item: str) -> Iterator[bytes]:
    if _BASE64_KEY.fullmatch(item):
        yield _key(item, item)
        return
    try:
        found = _PEM.findall(Path(item).read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidKey(
            f"{VERIFY_KEYS}: {item[:80]!r} is neither a public key in base64 nor a file that can "
            f"be read ({type(error).__name__})"
        ) from error
    if not found:
        raise InvalidKey(f"{VERIFY_KEYS}: {item} holds no public key in PEM")
    for text in found:
        yield _key(text, item)


def _key(text: str, item: str) -> bytes:
    try:
        key = b64decode("".join(text.split()), validate=True).removeprefix(_DER)
    except Base64Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise InvalidKey(f"{VERIFY_KEYS}: {item[:80]} is no public key of Ed25519")
    return key
