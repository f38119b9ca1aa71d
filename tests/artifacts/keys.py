"""Keys to sign with, as people make them: by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from artifacts.signature import VERIFY_KEYS
from artifacts.signing import SIGNING_KEY


@dataclass(frozen=True)
class Key:
    """A private key of Ed25519 and its public key, each in a PEM file."""

    private: Path
    public: Path

    @property
    def text(self) -> str:
        """The public key in base64, as AWS KMS gives it."""
        return "".join(self.public.read_text(encoding="ascii").splitlines()[1:-1])


def make_key(folder: Path, name: str, *options: str) -> Key:
    """A new key, in `folder`; options of `openssl genpkey` instead of Ed25519."""
    key = Key(folder / f"{name}.pem", folder / f"{name}.pub")
    kind = options or ("-algorithm", "ed25519")
    _openssl("genpkey", *kind, "-out", str(key.private))
    _openssl("pkey", "-in", str(key.private), "-pubout", "-out", str(key.public))
    return key


def sign_with(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, what is published is signed with the key, and nobody else is trusted."""
    monkeypatch.setenv(SIGNING_KEY, str(key.private))
    trust(monkeypatch, str(key.public))


def trust(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    """From now on, releases must be signed by one of these; without any, none need be."""
    monkeypatch.setenv(VERIFY_KEYS, ",".join(keys))


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
