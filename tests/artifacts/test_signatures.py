"""Who may say what a release is."""

import subprocess
from base64 import b64decode, b64encode
from datetime import timedelta
from pathlib import Path

import pytest

from artifacts.channel import read_channel
from artifacts.cli import main
from artifacts.errors import BrokenRelease, InvalidKey, StoreUnavailable
from artifacts.moves import promote, rollback
from artifacts.publish import publish
from artifacts.release import manifests, open_release, verify
from artifacts.signature import VERIFY_KEYS, message
from artifacts.signing import SIGNING_KEY, signer
from artifacts.stores import ObjectStore, StoredObject, open_store
from tests.artifacts.conftest import Tamper
from tests.artifacts.examples import FILES, NOW, draft
from tests.artifacts.keys import Key, make_key, sign_with, trust
from tests.support.s3_server import Fault, S3Server
from tests.support.stores import Wrapped

NO_SIGNATURE = r"manifest\.sig is no signature of its manifest by any key in LENTA_VERIFY_KEYS"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def ours(folder: Path) -> Key:
    return make_key(folder, "ours")


@pytest.fixture(scope="module")
def strangers(folder: Path) -> Key:
    return make_key(folder, "strangers")


@pytest.fixture
def signed(store: ObjectStore, ours: Key, monkeypatch: pytest.MonkeyPatch) -> str:
    """A release that is signed with our key, which is trusted and no other."""
    sign_with(ours, monkeypatch)
    return publish(store, draft(), FILES.items(), now=NOW).release


class RecordingStore(Wrapped):
    """A store that remembers what is read and written."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store)
        self.keys_read: list[str] = []
        self.keys_written: list[str] = []

    def read(self, key: str) -> StoredObject:
        self.keys_read.append(key)
        return super().read(key)

    def create(self, key: str, data: bytes) -> None:
        self.keys_written.append(key)
        super().create(key, data)


def manifest_of(store: ObjectStore, release: str) -> bytes:
    return store.read(f"releases/{release}/manifest.json").data


def test_a_signed_release_is_opened(store: ObjectStore, signed: str) -> None:
    assert verify(open_release(store, signed)) == ()
    assert promote(store, signed).releases == (signed,)


def test_the_signature_is_written_before_the_manifest_and_after_all_else(
    store: ObjectStore, ours: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_with(ours, monkeypatch)
    recording = RecordingStore(store)
    publish(recording, draft(), FILES.items())
    written = [key.partition("/")[2].partition("/")[2] for key in recording.keys_written]
    assert written == [*FILES, "manifest.sig", "manifest.json"]


def test_without_a_key_nothing_is_signed_and_no_signature_is_read(store: ObjectStore) -> None:
    recording = RecordingStore(store)
    release = publish(recording, draft(), FILES.items()).release
    open_release(recording, release)
    assert f"releases/{release}/manifest.sig" not in recording.keys_written + recording.keys_read


def test_whoever_trusts_nobody_in_particular_opens_signed_releases_too(
    store: ObjectStore, signed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(monkeypatch)
    assert verify(open_release(store, signed)) == ()


def test_a_release_without_a_signature_is_refused(
    store: ObjectStore, signed: str, tamper: Tamper
) -> None:
    tamper(f"releases/{signed}/manifest.sig", None)
    with pytest.raises(BrokenRelease, match=f"{signed} is not signed: it has no manifest.sig"):
        open_release(store, signed)


def test_it_is_refused_too_where_s3_does_not_tell_what_is_missing_from_what_is_forbidden(
    s3_bucket: str, s3_server: S3Server, ours: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(f"s3://{s3_bucket}")
    release = publish(store, draft(), FILES.items()).release
    trust(monkeypatch, ours.text)

    class Forbidden(Wrapped):
        def read(self, key: str) -> StoredObject:
            if key.endswith("manifest.sig"):
                s3_server.faults.append(Fault("GET", 403, "AccessDenied"))
            return super().read(key)

    with pytest.raises(BrokenRelease, match=f"{release} is not signed"):
        open_release(Forbidden(store), release)


def test_a_store_that_fails_is_not_taken_for_a_missing_signature(
    s3_bucket: str, s3_server: S3Server, ours: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_with(ours, monkeypatch)
    store = open_store(f"s3://{s3_bucket}")
    release = publish(store, draft(), FILES.items()).release

    class Failing(Wrapped):
        def read(self, key: str) -> StoredObject:
            if key.endswith("manifest.sig"):
                s3_server.faults.extend([Fault("GET", 503, "SlowDown")] * 3)
            return super().read(key)

    with pytest.raises(StoreUnavailable):
        open_release(Failing(store), release)


@pytest.mark.parametrize("old", [b"0.5731", b"\n}\n", b"a"])
def test_a_changed_manifest_is_refused(
    store: ObjectStore, signed: str, tamper: Tamper, old: bytes
) -> None:
    changed = manifest_of(store, signed).replace(old, b"0.9999")
    tamper(f"releases/{signed}/manifest.json", changed)
    with pytest.raises(BrokenRelease, match=f"{signed}: {NO_SIGNATURE}"):
        open_release(store, signed)


SIGNATURES = {
    "nothing": b"",
    "no base64": "подпись".encode(),
    "base64 with a stranger among it": b"!" + b64encode(bytes(64)),
    "too short": b64encode(bytes(63)),
    "too long": b64encode(bytes(65)),
    "zeros": b64encode(bytes(64)),
    "a megabyte": b64encode(bytes(2**20)),
}


@pytest.mark.parametrize("what", SIGNATURES)
def test_what_is_no_signature_is_refused(
    store: ObjectStore, signed: str, tamper: Tamper, what: str
) -> None:
    tamper(f"releases/{signed}/manifest.sig", SIGNATURES[what])
    with pytest.raises(BrokenRelease, match=NO_SIGNATURE):
        open_release(store, signed)


def test_a_signature_by_another_key_is_refused(
    store: ObjectStore, strangers: Key, ours: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_with(strangers, monkeypatch)
    release = publish(store, draft(), FILES.items()).release
    trust(monkeypatch, str(ours.public))
    with pytest.raises(BrokenRelease, match=NO_SIGNATURE):
        open_release(store, release)


def test_a_signature_of_another_manifest_is_refused(
    store: ObjectStore, signed: str, tamper: Tamper
) -> None:
    other = publish(store, draft(good=False), FILES.items(), now=NOW + timedelta(days=1)).release
    stolen = store.read(f"releases/{other}/manifest.sig").data
    tamper(f"releases/{signed}/manifest.sig", stolen)
    with pytest.raises(BrokenRelease, match=NO_SIGNATURE):
        open_release(store, signed)


def test_a_signed_release_cannot_be_copied_under_a_newer_id(
    store: ObjectStore, signed: str, tamper: Tamper
) -> None:
    copy = signed.replace("2026", "2027")
    for path in [*FILES, "manifest.sig", "manifest.json"]:
        tamper(f"releases/{copy}/{path}", store.read(f"releases/{signed}/{path}").data)
    with pytest.raises(BrokenRelease, match=f"its manifest is that of {signed}"):
        open_release(store, copy)


def test_nothing_is_opened_before_the_signature_is_found_good(
    store: ObjectStore, signed: str, tamper: Tamper
) -> None:
    tamper(f"releases/{signed}/manifest.json", b"{ no JSON at all")
    recording = RecordingStore(store)
    # Of a manifest that was read the sentence would say that it is unreadable.
    with pytest.raises(BrokenRelease, match=NO_SIGNATURE):
        open_release(recording, signed)
    here = f"releases/{signed}"
    assert recording.keys_read == [f"{here}/manifest.json", f"{here}/manifest.sig"]


def test_while_keys_are_rotated_both_are_trusted(
    store: ObjectStore, signed: str, strangers: Key, ours: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SIGNING_KEY, str(strangers.private))
    trust(monkeypatch, ours.text, str(strangers.public))
    newer = publish(store, draft(), FILES.items(), now=NOW + timedelta(days=1)).release
    assert {open_release(store, name).manifest.release for name in (signed, newer)} == {
        signed,
        newer,
    }
    trust(monkeypatch, strangers.text)
    assert open_release(store, newer).manifest.release == newer
    with pytest.raises(BrokenRelease, match=NO_SIGNATURE):
        open_release(store, signed)


def test_a_key_may_be_given_in_any_of_its_forms(
    store: ObjectStore, signed: str, ours: Key, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, both = make_key(folder, "other"), folder / "both.pem"
    both.write_text(other.public.read_text() + ours.public.read_text())
    raw = b64encode(b64decode(ours.text)[-32:]).decode()
    for given in (raw, ours.text, str(ours.public), str(both), f" {other.text} , {raw} "):
        trust(monkeypatch, given)
        assert open_release(store, signed).manifest.release == signed, given


def test_what_is_not_signed_is_neither_promoted_nor_rolled_back_to_nor_a_parent(
    store: ObjectStore, ours: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned = publish(store, draft(), FILES.items(), now=NOW).release
    promote(store, unsigned)
    sign_with(ours, monkeypatch)
    signed = publish(store, draft(), FILES.items(), now=NOW + timedelta(days=1)).release
    promote(store, signed)
    with pytest.raises(BrokenRelease, match="is not signed"):
        promote(store, unsigned, force="in a hurry")
    with pytest.raises(BrokenRelease, match="is not signed"):
        rollback(store)
    assert [manifest.release for manifest in manifests(store)] == [signed]
    channel = read_channel(store)
    assert channel is not None
    assert channel.releases == (signed,)


def test_the_command_line_says_what_is_not_signed(
    store_url: str, store: ObjectStore, ours: Key, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    release = publish(store, draft(), FILES.items()).release
    assert main(["verify", release, "--store", store_url]) == 0
    trust(monkeypatch, ours.text)
    for command in ("verify", "show", "promote"):
        assert main([command, release, "--store", store_url]) == 1
        assert f"artifacts: release {release} is not signed" in capsys.readouterr().err
    assert main(["list", "--store", store_url]) == 0
    assert "is not signed" in capsys.readouterr().err


BAD_TRUST = {
    "of a file that is not there": "/nowhere/at/all.pem",
    "that is a word": "everybody",
    "between commas alone": ",",
    "that is cut": "MCowBQYDK2VwAyEA1hOy+nUv",
    "of 32 other bytes in DER": b64encode(bytes(44)).decode(),
}


@pytest.mark.parametrize("what", BAD_TRUST)
def test_a_key_to_trust_that_is_none_opens_nothing(
    store: ObjectStore, signed: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(monkeypatch, BAD_TRUST[what])
    with pytest.raises(InvalidKey, match=VERIFY_KEYS):
        open_release(store, signed)


def test_files_that_hold_no_key_to_trust_are_named(
    store: ObjectStore, signed: str, ours: Key, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(monkeypatch, str(ours.private))
    with pytest.raises(InvalidKey, match=r"ours\.pem holds no public key"):
        open_release(store, signed)
    rsa = make_key(folder, "rsa", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    trust(monkeypatch, str(rsa.public))
    with pytest.raises(InvalidKey, match=r"rsa\.pub is no public key of Ed25519"):
        open_release(store, signed)


def test_a_key_that_cannot_sign_publishes_nothing(
    store: ObjectStore, ours: Key, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rsa = make_key(folder, "rsa", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    trust(monkeypatch, ours.text)
    for name, complaint in {
        "/nowhere/at/all.pem": "No such file",
        str(ours.public): "holds no private key in PEM",
        str(rsa.private): "is a key of another kind than Ed25519",
    }.items():
        monkeypatch.setenv(SIGNING_KEY, name)
        with pytest.raises(InvalidKey, match=complaint):
            publish(store, draft(), FILES.items())
    assert list(store.keys("releases/")) == []


def test_a_key_that_is_locked_by_a_password_is_refused(
    ours: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "locked.pem"
    subprocess.run(
        ["openssl", "pkey", "-in", ours.private, "-aes256", "-passout", "pass:x", "-out", locked],
        check=True,
    )
    trust(monkeypatch, ours.text)
    monkeypatch.setenv(SIGNING_KEY, str(locked))
    with pytest.raises(InvalidKey, match="is locked by a password"):
        signer()


def test_who_signs_must_say_whom_to_trust_and_be_among_them(
    ours: Key, strangers: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SIGNING_KEY, str(ours.private))
    with pytest.raises(InvalidKey, match="LENTA_VERIFY_KEYS is not"):
        signer()
    trust(monkeypatch, strangers.text)
    with pytest.raises(InvalidKey, match="LENTA_VERIFY_KEYS does not hold the public key"):
        signer()


def test_openssl_finds_the_signature_good(
    store: ObjectStore, signed: str, ours: Key, tmp_path: Path
) -> None:
    line, signature = tmp_path / "line", tmp_path / "signature"
    line.write_bytes(message(manifest_of(store, signed)))
    signature.write_bytes(b64decode(store.read(f"releases/{signed}/manifest.sig").data))
    done = subprocess.run(
        [
            "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", ours.public, "-rawin",
            "-in", line, "-sigfile", signature,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "Signature Verified Successfully\n"


def test_a_release_that_openssl_has_signed_is_opened(
    store: ObjectStore, ours: Key, tamper: Tamper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = publish(store, draft(), FILES.items()).release
    line = tmp_path / "line"
    line.write_bytes(message(manifest_of(store, release)))
    made = subprocess.run(
        ["openssl", "pkeyutl", "-sign", "-inkey", ours.private, "-rawin", "-in", line],
        capture_output=True, check=True,
    )  # fmt: skip
    tamper(f"releases/{release}/manifest.sig", b64encode(made.stdout))
    trust(monkeypatch, ours.text)
    assert open_release(store, release).manifest.release == release
