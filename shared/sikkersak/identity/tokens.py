"""Actor tokens: the gateway vouches for who asks, for one operation of one service, for one minute.

A token is a signed JWT (RFC 7519) with the algorithm Ed25519 (RFC 9864, the exact name of what JOSE called EdDSA), a
`typ` of its own (RFC 8725 §3.11), and a `kid` that is the key's thumbprint (RFC 7638), so that keys can be exchanged
while both are trusted. It is not single use: a request that is delivered twice carries it twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from sikkersak.errors import Forbidden
from sikkersak.identity.actor import Actor
from sikkersak.ids import new_id

ALGORITHM: Final = "Ed25519"
JWT_TYPE: Final = "sikkersak-actor+jwt"
ISSUER: Final = "gateway"
LIFETIME_SECONDS: Final = 60
SKEW_SECONDS: Final = 10
LARGEST_TOKEN: Final = 16 * 1024

Clock = Callable[[], float]


class ActorRefused(Forbidden):
    """The token does not prove who asks for this operation here. `cause` is a code for the log."""

    def __init__(self, cause: str) -> None:
        super().__init__("Vi kunne ikke bekrefte hvem du er. Logg inn på nytt.")
        self.cause = cause


class BadActorKey(ValueError):
    """A key file that is no Ed25519 key, or no key of the kind that belongs here."""


class ActorSigner:
    """The gateway's side. Holds the private key; no other service has it."""

    def __init__(self, private_key_pem: str | bytes, *, clock: Clock = time.time) -> None:
        self._key = _ed25519(private_key_pem)
        if not self._key.is_private:
            raise BadActorKey("signing needs the private key")
        self._kid = self._key.thumbprint()
        self._clock = clock

    def sign(self, actor: Actor, *, audience: str, operation: str, request: bytes | None = None) -> str:
        """A token for one operation of the service `audience`; with `request`, for exactly that body of it."""
        issued = int(self._clock())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": audience,
            "sub": str(actor.staff_id),
            "iat": issued,
            "exp": issued + LIFETIME_SECONDS,
            "jti": str(new_id()),
            "operation": operation,
            "actor": actor.model_dump(mode="json"),
        }
        if request is not None:
            claims["request"] = _digest(request)
        header = {"alg": ALGORITHM, "typ": JWT_TYPE, "kid": self._kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def public_key_pem(self) -> bytes:
        """What the services need."""
        return self._key.as_pem(private=False)


class ActorVerifier:
    """A service's side: trusts the public keys it was given and nothing in the token that they do not vouch for."""

    def __init__(self, public_keys_pem: Iterable[str | bytes], audience: str, *, clock: Clock = time.time) -> None:
        keys = [_ed25519(pem) for pem in public_keys_pem]
        if not keys:
            raise BadActorKey("a service that trusts no key can serve nobody")
        if any(key.is_private for key in keys):
            raise BadActorKey("a service must not hold the gateway's private key")
        self._keys = {key.thumbprint(): key for key in keys}
        self._audience = audience
        self._clock = clock

    @classmethod
    def from_folder(cls, folder: Path, *, audience: str, clock: Clock = time.time) -> ActorVerifier:
        """Trusts every `*.pem` in the folder, read once; `BadActorKey` when there is none."""
        return cls([path.read_bytes() for path in sorted(folder.glob("*.pem"))], audience, clock=clock)

    def verify(self, token: str, *, operation: str, request: bytes | None = None) -> Actor:
        """The actor that the gateway vouches for; `ActorRefused` on any doubt.

        With `request`, the token must have been signed for exactly these bytes.
        """
        claims = self._claims(token)
        self._refuse_wrong_time(claims)
        for claim, expected in {"iss": ISSUER, "aud": self._audience, "operation": operation}.items():
            if claims.get(claim) != expected:
                raise ActorRefused(f"wrong-{claim}")
        if request is not None and not hmac.compare_digest(str(claims.get("request", "")), _digest(request)):
            raise ActorRefused("wrong-request")
        try:
            actor = Actor.model_validate_json(json.dumps(claims.get("actor")))
        except ValidationError:
            raise ActorRefused("no-actor") from None
        if str(actor.staff_id) != claims.get("sub"):
            raise ActorRefused("wrong-sub")
        return actor

    def _claims(self, token: str) -> dict[str, Any]:
        """The claims, after the signature; the key decides the algorithm, the token does not."""
        if not token or len(token) > LARGEST_TOKEN:
            raise ActorRefused("no-token")
        header = _header(token)
        key = self._keys.get(str(header.get("kid")))
        if key is None:
            raise ActorRefused("unknown-key")
        if header.get("typ") != JWT_TYPE:
            raise ActorRefused("wrong-typ")
        try:
            return dict(jwt.decode(token, key, algorithms=[ALGORITHM]).claims)
        except (JoseError, ValueError):
            raise ActorRefused("bad-signature") from None

    def _refuse_wrong_time(self, claims: dict[str, Any]) -> None:
        issued, expires = claims.get("iat"), claims.get("exp")
        if type(issued) is not int or type(expires) is not int or not claims.get("jti"):
            raise ActorRefused("incomplete")
        if not 0 < expires - issued <= LIFETIME_SECONDS:
            raise ActorRefused("too-long-lived")
        moment = self._clock()
        if moment > expires + SKEW_SECONDS:
            raise ActorRefused("expired")
        if moment < issued - SKEW_SECONDS:
            raise ActorRefused("not-yet-valid")


def _header(token: str) -> dict[str, Any]:
    """The header, unverified: only good for choosing which of our own keys to try."""
    first = token.split(".", 1)[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except ValueError:
        raise ActorRefused("malformed") from None
    if not isinstance(header, dict):
        raise ActorRefused("malformed")
    return header


def _ed25519(pem: str | bytes) -> OKPKey:
    try:
        key = OKPKey.import_key(pem)
    except (JoseError, ValueError, TypeError):
        raise BadActorKey("not an Ed25519 key in PEM") from None
    if key.dict_value.get("crv") != "Ed25519":
        raise BadActorKey("the key is of another curve than Ed25519")
    return key


def _digest(request: bytes) -> str:
    return hashlib.sha256(request).hexdigest()
