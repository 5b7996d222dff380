"""Fiks IO's HTTP side: the account catalogue, sending, and the store for what is too large for a message."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx

from archiver.core import AccessRefused
from archiver.fiks.maskinporten import Maskinporten
from archiver.fiks.transport import NoAnswer, NotSent
from sikkersak.errors import Declined, Transient

SEND: Final = "/fiks-io/api/v1/send"
CATALOGUE: Final = "/fiks-io/katalog/api/v1"
STORE: Final = "/dokumentlager/nedlasting"
PROTOCOL: Final = "no.ks.fiks.arkiv.v1"
LEVEL: Final = 4  # sikkerhetsniva
LIFETIME: Final = timedelta(days=7)
KEY_SECONDS: Final = 3600.0
LATER: Final = frozenset({408, 425, 429, 502, 503})
TOO_LARGE: Final = 413
NOT_LET_IN: Final = frozenset({401, 403})
SERVER_ERROR: Final = 500


@dataclass(frozen=True)
class Integration:
    """How we are known on the platform."""

    api: str
    id: str
    password: str
    account: str


@dataclass(frozen=True)
class Outgoing:
    """One message: who it is to, what it is, the ids of ours that travel with it."""

    receiver: str
    kind: str
    client_message_id: str
    correlation_id: str
    body: bytes

    def metadata(self, sender: str) -> bytes:
        """The first part of the request."""
        told: dict[str, Any] = {
            "avsenderKontoId": sender,
            "mottakerKontoId": self.receiver,
            "meldingType": self.kind,
            "svarPaMelding": None,
            "ttl": int(LIFETIME.total_seconds() * 1000),
            "headere": {"klientMeldingId": self.client_message_id, "klientKorrelasjonsId": self.correlation_id},
        }
        return json.dumps(told).encode()


class Platform:
    """The calls, each with a fresh token."""

    def __init__(self, http: httpx.AsyncClient, maskinporten: Maskinporten, integration: Integration) -> None:
        self._http = http
        self._maskinporten = maskinporten
        self._integration = integration
        self._certificates: dict[str, tuple[bytes, float]] = {}

    async def account_of(self, identifier: str) -> str:
        """The account that takes Fiks Arkiv for an organisation (`ORG_NO.<number>`); AccessRefused for none."""
        query = {"identifikator": identifier, "meldingProtokoll": PROTOCOL, "sikkerhetsniva": LEVEL}
        found = _told(await self._get(f"{CATALOGUE}/lookup", **query))
        if not found.get("kontoId") or found.get("isGyldigMottaker") is False:
            raise AccessRefused("archive: Fiks IO knows no account that takes our messages")
        return str(found["kontoId"])

    async def certificate_of(self, account: str) -> bytes:
        """The certificate that messages to an account are encrypted for; looked up anew every hour."""
        known, good_until = self._certificates.get(account, (b"", 0.0))
        if time.monotonic() < good_until:
            return known
        told = _told(await self._get(f"{CATALOGUE}/kontoer/{account}/offentligNokkel"))
        certificate = str(told.get("nokkel") or "").encode()
        if not certificate:
            raise AccessRefused("archive: Fiks IO has no key for the archive's account")
        self._certificates[account] = (certificate, time.monotonic() + KEY_SECONDS)
        return certificate

    async def send(self, message: Outgoing) -> None:
        """Raises NotSent when nothing can have happened, NoAnswer when it may have left, Declined when it is too large."""
        parts = {
            "metadata": ("metadata", message.metadata(self._integration.account), "application/json"),
            "data": ("data", message.body, "application/octet-stream"),
        }
        headers = await self._headers()
        try:
            response = await self._http.post(f"{self._integration.api}{SEND}", files=parts, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as away:
            raise NotSent(f"archive: Fiks IO: {type(away).__name__} at send") from away
        except httpx.TransportError as lost:
            raise NoAnswer(f"archive: Fiks IO: {type(lost).__name__} at send") from lost
        if response.status_code >= SERVER_ERROR and response.status_code not in LATER:
            raise NoAnswer(f"archive: Fiks IO answered {response.status_code} at send")
        self._judge(response, "send")

    async def stored(self, document: str) -> bytes:
        """What was too large for the message that named it."""
        return (await self._get(f"{STORE}/{document}")).content

    async def _get(self, path: str, **query: Any) -> httpx.Response:
        headers = await self._headers()
        try:
            response = await self._http.get(f"{self._integration.api}{path}", params=query, headers=headers)
        except httpx.TransportError as away:
            raise NotSent(f"archive: Fiks IO: {type(away).__name__}") from away
        self._judge(response, "catalogue")
        return response

    async def _headers(self) -> dict[str, str]:
        token = await self._maskinporten.token()
        own = {"IntegrasjonId": self._integration.id, "IntegrasjonPassord": self._integration.password}
        return {"Authorization": f"Bearer {token}", **own}

    def _judge(self, response: httpx.Response, step: str) -> None:
        status = response.status_code
        if response.is_success:
            return
        if status in NOT_LET_IN:
            self._maskinporten.forget()
            raise AccessRefused(f"archive: Fiks IO answered {status} at {step}")
        if status == TOO_LARGE:
            raise Declined("archive-too-large", "Dokumentet er større enn Fiks IO tar imot i én melding.")
        if status in LATER or status >= SERVER_ERROR:
            raise NotSent(f"archive: Fiks IO answered {status} at {step}", retry_after=_asked(response))
        raise AccessRefused(f"archive: Fiks IO answered {status} at {step}")  # an account or a right that is not set up


def _asked(response: httpx.Response) -> timedelta | None:
    given = response.headers.get("Retry-After", "")
    return timedelta(seconds=int(given)) if given.isdecimal() else None


def _told(response: httpx.Response) -> dict[str, Any]:
    try:
        return dict(response.json())
    except (ValueError, TypeError) as strange:
        raise Transient("archive: Fiks IO's answer is not understood") from strange
