"""An issuer of tokens, which publishes its key as OpenID Connect has it."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.http_server import running

_KEY_ID = "1"


@dataclass(frozen=True)
class Issuer:
    """Signs tokens with a key of its own.

    Attributes:
        url: where it publishes its key.
    """

    url: str
    _key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))

    def token(self, subject: str, audience: str) -> str:
        """A token for a minute."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": audience, "sub": subject, "iat": now, "exp": now + 60}
        head = _encoded(json.dumps({"alg": "RS256", "kid": _KEY_ID}).encode())
        signed = f"{head}.{_encoded(json.dumps(claims).encode())}"
        return f"{signed}.{_encoded(self._key.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def keys(self) -> bytes:
        """The document of its public keys."""
        public = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": _KEY_ID}
        key |= {"n": _number(public.n), "e": _number(public.e)}
        return json.dumps({"keys": [key]}).encode()


@contextmanager
def token_issuer() -> Iterator[Issuer]:
    """An issuer that answers at 127.0.0.1 until the block ends."""

    class Published(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/.well-known/jwks.json"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(issuer.keys() if found else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Published)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    with running(server):
        yield issuer


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
