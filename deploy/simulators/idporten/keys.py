"""The provider's signing keys: one in use, older ones published until they are withdrawn."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry

ALGORITHMS = ["RS256", "RS384", "RS512"]


class RoomyRegistry(JWSRegistry):
    """Room for a certificate chain in the header, which the library's own 512 bytes have not."""

    max_header_length = 16_384


def registry() -> RoomyRegistry:
    """Signature rules for everything this provider reads: RSA only, never `none`."""
    return RoomyRegistry(algorithms=ALGORITHMS, strict_check_header=False)


class SigningKeys:
    """Signs tokens and publishes the public halves. With a folder, the keys outlive a restart."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / "idporten-keys.json" if folder else None
        self._keys: list[RSAKey] = []
        if self._file and self._file.exists():
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            self._keys = [RSAKey.import_key(key) for key in stored["keys"]]
        else:
            self.rotate(keep_old=True)
        self._stranger = RSAKey.generate_key(2048)

    def rotate(self, *, keep_old: bool) -> str:
        """Takes a new key in use and returns its id; old ones stay published if `keep_old`."""
        fresh = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        self._keys = [fresh, *(self._keys if keep_old else [])]
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps({"keys": [key.as_dict(private=True) for key in self._keys]}))
        return str(fresh.kid)

    def published(self) -> dict[str, Any]:
        """The JWK set anybody may fetch."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def sign(self, claims: dict[str, Any], *, kind: str = "JWT", chain: bool = False, forged: bool = False) -> str:
        """A compact token; `forged` uses a key nobody published under the id of the real one."""
        key = self._keys[0]
        header: dict[str, Any] = {"alg": "RS256", "kid": key.kid, "typ": kind}
        if chain:
            header["x5c"] = [_certificate(key)]
        return jwt.encode(header, claims, self._stranger if forged else key, registry=registry())

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token this provider signed, expired or not; None for any other text."""
        try:
            return dict(jwt.decode(token, KeySet(list(self._keys)), registry=registry()).claims)
        except (JoseError, ValueError):
            return None


def unsigned(claims: dict[str, Any]) -> str:
    """A token with `alg` none, which every client must refuse."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def _certificate(key: RSAKey) -> str:
    private = key.private_key
    if not isinstance(private, RSAPrivateKey):
        raise TypeError("only a private key can sign a certificate")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SIMULATED ID-porten")])
    begins = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365))
        .sign(private, hashes.SHA256())
    )
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
