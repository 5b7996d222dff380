"""Which JWT assertions Maskinporten takes, and what it says about the others (Maskinporten, JWT grant)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, ConfigDict, Field, model_validator

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ALGORITHMS = ["RS256", "RS384", "RS512"]
LONGEST_SECONDS = 120
CLOCK_SKEW_SECONDS = 10


class Refused(Exception):
    """`error` is OAuth's code, `text` what a person reads; MP numbers are Maskinporten's own."""

    def __init__(self, error: str, text: str) -> None:
        super().__init__(text)
        self.error = error
        self.text = text


class Client(BaseModel):
    """One registered client with one registered key, or an enterprise certificate of its organisation."""

    model_config = ConfigDict(extra="forbid")

    client_id: str
    organisation: str = Field(pattern=r"^\d{9}$")
    scopes: list[str] = ["ks:fiks"]
    kid: str | None = Field(default=None, description="needed with a registered key")
    jwk: dict[str, Any] | None = None
    public_key_pem: str | None = None

    @model_validator(mode="after")
    def has_a_readable_key(self) -> Client:
        """A client without a key must use `x5c`; one with a key must say which `kid` it has."""
        if self.jwk and self.kid is None:
            self.kid = self.jwk.get("kid")
        if (self.jwk or self.public_key_pem) and not self.kid:
            raise ValueError("a registered key needs a kid")
        self.key()
        return self

    def key(self) -> RSAKey | None:
        """The registered public key."""
        if self.jwk:
            return RSAKey.import_key(self.jwk)
        return RSAKey.import_key(self.public_key_pem) if self.public_key_pem else None


class RoomyRegistry(JWSRegistry):
    """Room for a certificate chain in the header, which the library's own 512 bytes have not."""

    max_header_length = 16_384


def grant_refused(text: str) -> Refused:
    """Almost everything is `invalid_grant`."""
    return Refused("invalid_grant", text)


class AssertionRules:
    """Checks assertions for one issuer and remembers the used ones."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._registry = RoomyRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        self.used: set[tuple[str, str]] = set()

    def check(self, assertion: str, clients: Mapping[str, Client], now: float) -> tuple[Client, str]:
        """The client and the granted scope.

        :raises Refused: the first thing that is wrong.
        """
        header, claimed = unverified(assertion)
        client = clients.get(str(claimed.get("iss")))
        if client is None:
            raise grant_refused("MP-100: Invalid assertion. Client authentication failed. Unknown issuer")
        try:
            claims = jwt.decode(assertion, self._key(client, header), registry=self._registry).claims
        except (JoseError, ValueError) as error:
            raise grant_refused("MP-124: Invalid assertion. Signature could not be verified") from error
        self._check_claims(claims, now)
        scope = check_scope(client, claims)
        self._use_once(client, claims)
        return client, scope

    def _key(self, client: Client, header: Mapping[str, Any]) -> RSAKey:
        if "x5c" in header:
            return certified_key(client, header["x5c"])
        if "kid" not in header:
            raise grant_refused("Invalid assertion. One of kid and x5c must be in the header")
        key = client.key()
        if key is None or header["kid"] != client.kid:
            raise grant_refused("MP-121: Invalid assertion. No valid key is registered with this kid")
        return key

    def _check_claims(self, claims: Mapping[str, Any], now: float) -> None:
        issued, expires = claims.get("iat"), claims.get("exp")
        if claims.get("aud") not in (self._issuer, [self._issuer]):
            raise grant_refused(f"MP-110: Invalid assertion. Audience must be {self._issuer}")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise grant_refused("Invalid assertion. iat and exp are required")
        if issued > now + CLOCK_SKEW_SECONDS:
            raise grant_refused("Invalid assertion. Issue time is after now")
        if now > expires + CLOCK_SKEW_SECONDS:
            raise grant_refused("MP-130: Invalid assertion. JWT has expired")
        if not 0 < expires - issued <= LONGEST_SECONDS:
            raise grant_refused("Invalid assertion. Expiration time must be at most 120 seconds after issue time")

    def _use_once(self, client: Client, claims: Mapping[str, Any]) -> None:
        identity = (client.client_id, str(claims.get("jti") or ""))
        if not identity[1]:
            raise grant_refused("Invalid assertion. jti is required")
        if identity in self.used:
            raise grant_refused("MP-012: Invalid assertion. JWT id has been used before")
        self.used.add(identity)


def check_scope(client: Client, claims: Mapping[str, Any]) -> str:
    """The scopes asked for, if the client has them all."""
    scope = str(claims.get("scope") or "")
    if not scope:
        raise Refused("invalid_scope", "MP-200: No scope in the assertion")
    missing = [one for one in scope.split() if one not in client.scopes]
    if missing:
        raise Refused("invalid_scope", f"MP-201: The client has not been granted scope {missing[0]}")
    return scope


def certified_key(client: Client, chain: Any) -> RSAKey:
    """The key of an enterprise certificate that was issued, by somebody else, to the client's organisation."""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(chain[0] if isinstance(chain, list) else ""))
    except (ValueError, IndexError) as error:
        raise grant_refused("MP-123: Invalid assertion. x5c must be a list with the certificate first") from error
    if certificate.issuer == certificate.subject:
        raise grant_refused("MP-120: Invalid assertion. The certificate is self-signed")
    numbers = [
        str(attribute.value).removeprefix("NTRNO-")
        for oid in (NameOID.SERIAL_NUMBER, NameOID.ORGANIZATION_IDENTIFIER)
        for attribute in certificate.subject.get_attributes_for_oid(oid)
    ]
    if client.organisation not in numbers:
        raise grant_refused("MP-122: Invalid assertion. The certificate belongs to another organisation")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise grant_refused("MP-123: Invalid assertion. The certificate's key is not an RSA key")
    return RSAKey.import_key(key)


def unverified(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims before the signature is checked: used only to find the key to check it with."""
    try:
        header, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in assertion.split(".")[:2]
        )
    except ValueError as error:
        raise grant_refused("Invalid assertion. Not a JWT") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise grant_refused("Invalid assertion. Not a JWT")
    return header, claims
