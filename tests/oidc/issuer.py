"""A small honest OpenID issuer, and forgers who use its name."""

import base64
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def jwk(key: Any, kid: str | None, **more: Any) -> dict[str, Any]:
    kind: Any = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    said: dict[str, Any] = json.loads(kind.to_jwk(key.public_key()))
    said.pop("key_ops", None)
    return {**said, **({} if kid is None else {"kid": kid}), "use": "sig", **more}


@dataclass
class Issuer:
    """Its keys by id; `asked` counts calls, `away` makes it answer 503. A context manager."""

    keys: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    away: bool = False
    calls_itself: str | None = None

    def __enter__(self) -> Self:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                body = json.dumps(issuer.says(self.path)).encode()
                self.send_response(503 if issuer.away else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.first = rsa_key()
        self.keys["one"] = self.first
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def says(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.calls_itself or self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": [jwk(key, kid) for kid, key in self.keys.items()]}

    def claims(self, audience: str, **said: Any) -> dict[str, Any]:
        now = int(time.time())
        found = {"iss": self.url, "aud": audience, "sub": "ada-1", "iat": now, "exp": now + 600}
        return {name: value for name, value in {**found, **said}.items() if value is not None}

    def person(self, audience: str, **said: Any) -> str:
        return self.sign({**self.claims(audience), "email": "ada@example.com", "email_verified": True, **said})

    def sign(
        self, claims: Mapping[str, Any], *, kid: str | None = "one", algorithm: str = "RS256", key: Any = None
    ) -> str:
        headers = {} if kid is None else {"kid": kid}
        return jwt.encode(dict(claims), key or self.keys[kid or "one"], algorithm, headers)


def pem(key: Any) -> bytes:
    """The public key, as whoever confuses it with a secret would use it."""
    found: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return found


def raw(head: bytes, payload: bytes, signature: bytes = b"") -> str:
    """A token put together by hand."""
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in (head, payload, signature))


def curve_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())
