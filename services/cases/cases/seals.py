"""Seals: the end of the audit log at a moment, signed with a key that the database does not have (M18).

Whoever owns the database could write the whole chain anew from some row on; they cannot write the seals anew. A seal is
a JWS (RFC 7515) with Ed25519, and so is the manifest of an exported month: both can be checked without this product.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

ALGORITHM: Final = "Ed25519"
TYPE: Final = "sikkersak-audit+jws"


class Sealer:
    """Signs, and checks what was signed. `key` is an Ed25519 key in PEM; the public half is enough for checking."""

    def __init__(self, key: str | bytes) -> None:
        self._key = OKPKey.import_key(key)
        if self._key.dict_value.get("crv") != "Ed25519":
            raise ValueError("the audit key must be an Ed25519 key")

    def seal(self, claims: dict[str, Any]) -> str:
        """The claims, signed."""
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": self._key.thumbprint()}
        body = json.dumps(claims, sort_keys=True, separators=(",", ":")).encode()
        return jws.serialize_compact(header, body, self._key, algorithms=[ALGORITHM])

    def opened(self, seal: str) -> dict[str, Any] | None:
        """What was signed; none when it was not by this key."""
        try:
            signed = jws.deserialize_compact(seal, self._key, algorithms=[ALGORITHM])
        except (JoseError, ValueError):  # whatever is wrong with it, it is no seal of ours
            return None
        claims = json.loads(signed.payload or b"null")
        return claims if isinstance(claims, dict) else None

    @property
    def public_key(self) -> str:
        """What others check with."""
        return self._key.as_pem(private=False).decode()


def pem(given: str) -> str:
    """The key itself when it is PEM, else the content of the file it names."""
    text = given.strip()
    return text if text.startswith("-----BEGIN ") else Path(text).read_text()
