"""Reading tokens that the provider signed and signing our own assertion (JOSE with joserfc)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

ALGORITHMS = ("RS256", "RS384", "RS512")
ASSERTION_LIFE = timedelta(seconds=60)
_LARGEST_HEADER = 16_384
_LARGEST_TOKEN = 65_536
_SMALLEST_KEY_BITS = 2048


class _Rules(jws.JWSRegistry):
    """Logout tokens carry a certificate chain, for which the library's 512 bytes of header are too few."""

    max_header_length = _LARGEST_HEADER


def _rules() -> _Rules:
    return _Rules(algorithms=ALGORITHMS, strict_check_header=False)


@dataclass(frozen=True)
class SignedToken:
    """A token whose signature held. What it says is still to be judged."""

    kind: str
    claims: dict[str, object]


class KeySource(Protocol):
    """Where an issuer's keys are found."""

    async def key(self, kid: str) -> RSAKey | None:
        """The key of this id, or None."""


async def read_signed(token: str, directory: KeySource) -> SignedToken | None:
    """The token if one of the issuer's published RSA keys signed it; None for everything else.

    The algorithm is ours to choose, not the token's: `none` and symmetric ones never reach a key. Keys inside the
    token (`jwk`, `x5c`, `jku`) are not looked at.
    """
    if len(token) > _LARGEST_TOKEN:
        return None
    try:
        kid = jws.extract_compact(token.encode("ascii"), registry=_rules()).headers().get("kid")
        if not isinstance(kid, str):
            return None
        key = await directory.key(kid)
        if key is None:
            return None
        read = jwt.decode(token, key, registry=_rules())
    except (JoseError, ValueError):
        return None
    return SignedToken(str(read.header.get("typ", "")).casefold(), dict(read.claims))


@dataclass(frozen=True)
class ClientKey:
    """The private key registered at the provider under `key_id`; good for at most a year there."""

    key: RSAKey = field(repr=False)
    key_id: str

    @classmethod
    def read(cls, pem_file: Path, key_id: str) -> ClientKey:
        """The key in this PEM file; see `of`."""
        return cls.of(pem_file.read_bytes(), key_id)

    @classmethod
    def of(cls, pem: bytes, key_id: str) -> ClientKey:
        """The key in this PEM. Raises `ValueError` at start for anything but a private RSA key of 2048 bits."""
        key = RSAKey.import_key(pem, {"kid": key_id})
        if not key.is_private or key.public_key.key_size < _SMALLEST_KEY_BITS:
            raise ValueError("the key towards ID-porten must be a private RSA key of at least 2048 bits")
        return cls(key, key_id)

    def assertion(self, client_id: str, issuer: str, now: datetime) -> str:
        """A `private_key_jwt` for one call: the issuer as its one audience, 60 seconds, an id never used again."""
        issued = int(now.timestamp())
        claims: dict[str, object] = {
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "iat": issued,
            "exp": issued + int(ASSERTION_LIFE.total_seconds()),
            "jti": secrets.token_urlsafe(24),
        }
        return jwt.encode({"alg": "RS256", "kid": self.key_id}, claims, self.key, registry=_rules())
