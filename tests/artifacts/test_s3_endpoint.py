"""Where S3 is looked for, and what is told of a variable that cannot be."""

import ssl
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from artifacts.errors import StoreUnavailable
from artifacts.stores import open_store
from tests.support.http_server import running
from tests.support.s3_server import HOST


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_SECRET_ACCESS_KEY", "pasted\n"),
        ("AWS_SESSION_TOKEN", "two words"),
        ("AWS_DEFAULT_REGION", "somewhere else"),
        ("AWS_CA_BUNDLE", "/nowhere"),
        ("AWS_ENDPOINT_URL_S3", "nowhere"),
        ("AWS_ENDPOINT_URL_S3", "http://host:99999"),
        ("AWS_ENDPOINT_URL_S3", "http://a host"),
    ],
)
def test_a_variable_that_cannot_be_is_a_sentence(
    s3_bucket: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StoreUnavailable, match=f"there is no way to S3: .*({name}|{value})"):
        open_store(f"s3://{s3_bucket}")


def test_the_endpoint_may_be_that_of_all_services(
    s3_bucket: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{s3_endpoint}/")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "")
    open_store(f"s3://{s3_bucket}").create("a", b"1")


class Proxy(ThreadingHTTPServer):
    """Refuses to connect, and remembers where to."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), Refusal)
        self.asked: set[str] = set()


class Refusal(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.asked.add(self.path)
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("bucket", "region", "host"),
    [
        ("lenta-1", "eu-central-1", "lenta-1.s3.eu-central-1.amazonaws.com"),
        ("len.ta", "eu-central-1", "s3.eu-central-1.amazonaws.com"),
        ("Lenta_1", "us-east-1", "s3.us-east-1.amazonaws.com"),
        ("lenta", "cn-north-1", "lenta.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_amazons_own_server_is_asked_by_https_through_the_proxy(
    bucket: str, region: str, host: str, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del s3_bucket  # for its environment
    with running(Proxy()) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{server.server_port}")
        monkeypatch.setenv("https_proxy", f"http://{HOST}:{server.server_port}")
        monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
        monkeypatch.setenv("AWS_REGION", region)
        with pytest.raises(StoreUnavailable, match="S3 cannot be reached"):
            open_store(f"s3://{bucket}/prefix").read("a")
        # Other libraries in this process may use the proxy, too.
        assert {asked for asked in server.asked if "amazonaws" in asked} == {f"{host}:443"}


class Forbidden(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of this machine that it signed itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "certificate.pem"
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


def test_a_server_by_https_must_have_a_certificate_that_is_trusted(
    s3_bucket: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadingHTTPServer((HOST, 0), Forbidden)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"https://localhost:{server.server_port}")
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    with running(server):
        with pytest.raises(StoreUnavailable, match=r"S3 cannot be reached \(UnknownIssuer"):
            open_store(f"s3://{s3_bucket}").read("a")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        with pytest.raises(StoreUnavailable, match=r"S3 answered an unnamed error \(HTTP 403\)"):
            open_store(f"s3://{s3_bucket}").read("a")
