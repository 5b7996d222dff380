"""Who may call SvarUt: a Maskinporten token, an integration with its password, and access to a konto (SvarUt §4.1)."""

from __future__ import annotations

import hmac
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from simulators.svarut_errors import Refused

SCOPE = "ks:fiks"


class Integration(BaseModel):
    """One integration in Fiks forvaltning."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    password: str
    organisation: str = Field(pattern=r"^\d{9}$", description="the authorised organisation: consumer in the token")
    accounts: list[UUID]


class Access:
    """Checks callers; knows the issuer's keys."""

    def __init__(self, maskinporten: str, integrations: Sequence[Integration]) -> None:
        self._issuer = maskinporten.rstrip("/") + "/"
        self._keys: KeySet | None = None
        self.integrations = {integration.id: integration for integration in integrations}

    async def caller(self, request: Request) -> Integration:
        """The integration that calls.

        :raises Refused: 401 or 403.
        """
        claims = await self._claims(request.headers.get("Authorization", ""))
        integration = self._integration(request)
        consumer = claims.get("consumer") or {}
        if consumer.get("ID") != f"0192:{integration.organisation}":
            raise Refused(403, "Organisasjonen i tokenet er ikke autorisert for integrasjonen")
        return integration

    async def account(self, request: Request) -> UUID:
        """The konto in the path, if the caller may use it.

        :raises Refused: 401, 403 or 404.
        """
        integration = await self.caller(request)
        try:
            account = UUID(request.path_params["account"])
        except ValueError as error:
            raise Refused(400, "Ugyldig kontoId") from error
        if not any(account in one.accounts for one in self.integrations.values()):
            raise Refused(404, "Fant ikke konto")
        if account not in integration.accounts:
            raise Refused(403, "Integrasjonen har ikke tilgang til kontoen")
        return account

    def _integration(self, request: Request) -> Integration:
        try:
            integration = self.integrations.get(UUID(request.headers.get("IntegrasjonId", "")))
        except ValueError:
            integration = None
        password = request.headers.get("IntegrasjonPassord", "")
        if integration is None or not hmac.compare_digest(integration.password.encode(), password.encode()):
            raise Refused(401, "Ugyldig IntegrasjonId eller IntegrasjonPassord")
        return integration

    async def _claims(self, authorization: str) -> dict[str, Any]:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "Mangler token fra Maskinporten")
        claims = await self._verified(token)
        if claims.get("iss") != self._issuer or float(claims.get("exp") or 0) < time.time():
            raise Refused(401, "Tokenet er utløpt eller fra en annen utsteder")
        if SCOPE not in str(claims.get("scope", "")).split():
            raise Refused(403, f"Tokenet mangler scope {SCOPE}")
        return claims

    async def _verified(self, token: str) -> dict[str, Any]:
        """Claims of a token with a good signature; the keys are fetched anew once when one is unknown."""
        for fresh in (False, True):
            keys = await self._issuer_keys(fresh=fresh)
            try:
                return dict(jwt.decode(token, keys, algorithms=["RS256", "RS384", "RS512"]).claims)
            except InvalidKeyIdError:
                continue
            except (JoseError, ValueError) as error:
                raise Refused(401, "Ugyldig token") from error
        raise Refused(401, "Ugyldig token")

    async def _issuer_keys(self, *, fresh: bool) -> KeySet:
        if self._keys is None or fresh:
            try:
                async with httpx.AsyncClient(timeout=10) as client:
                    metadata = await client.get(f"{self._issuer}.well-known/oauth-authorization-server")
                    keys = await client.get(metadata.raise_for_status().json()["jwks_uri"])
                    self._keys = KeySet.import_key_set(keys.raise_for_status().json())
            except httpx.HTTPError as error:
                raise Refused(503, "Kan ikke kontrollere tokenet nå") from error
        return self._keys
