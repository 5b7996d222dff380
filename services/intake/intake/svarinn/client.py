"""The client of SvarInn, V2 and V1: list, download, acknowledge, report (HTTP Basic per receiving system)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import structlog
from pydantic import ValidationError

from intake.svarinn.port import LeftQueue, Listing, WrongPassword
from intake.svarinn.shipment import Shipment
from sikkersak.errors import Declined, Transient

log = structlog.get_logger(__name__)

CHUNK: Final = 256 * 1024
LARGEST_LIST: Final = 64 * 1024 * 1024


class Dialect(Protocol):
    """Where one version of SvarInn has its resources, and how it says things."""

    def waiting(self, base: str) -> str:
        """The address of the list."""

    def content(self, base: str, shipment_id: UUID) -> str:
        """The address of a shipment's content, where the list gives none."""

    def read(self, item: dict[str, Any]) -> dict[str, Any]:
        """An item of the list, in the words of V2."""

    def acknowledgement(self, base: str, shipment_id: UUID) -> tuple[str, str, object]:
        """Method, address and body."""

    def failure(self, base: str, shipment_id: UUID, text: str, *, permanent: bool) -> tuple[str, str, object]:
        """Method, address and body."""


class V2:
    """The version that is stable (SvarInn V2)."""

    def waiting(self, base: str) -> str:
        """GET forsendelser."""
        return f"{base}/svarinn/v2/forsendelser"

    def content(self, base: str, shipment_id: UUID) -> str:
        """GET forsendelser/{id}."""
        return f"{base}/svarinn/v2/forsendelser/{shipment_id}"

    def read(self, item: dict[str, Any]) -> dict[str, Any]:
        """As it is."""
        return item

    def acknowledgement(self, base: str, shipment_id: UUID) -> tuple[str, str, object]:
        """PATCH forsendelser/{id}/status, MOTTATT."""
        return "PATCH", f"{self.content(base, shipment_id)}/status", {"status": "MOTTATT"}

    def failure(self, base: str, shipment_id: UUID, text: str, *, permanent: bool) -> tuple[str, str, object]:
        """PATCH forsendelser/{id}/status, FEILET."""
        body = {"status": "FEILET", "feil": {"feilmelding": text, "permanent": permanent}}
        return "PATCH", f"{self.content(base, shipment_id)}/status", body


class SvarInn:
    """One receiving system (mottakersystem). Credentials go to the configured origin only, and never along a redirect."""

    def __init__(self, base: str, username: str, password: str, dialect: Dialect | None = None) -> None:
        self._base = base.rstrip("/")
        self._origin = urlsplit(self._base)[:2]
        self._dialect = dialect or V2()
        self._http = httpx.AsyncClient(
            auth=httpx.BasicAuth(username.encode(), password.encode()), timeout=httpx.Timeout(60, connect=10)
        )
        self.system = username
        self.credentials = f"{username}:{password}@{base}".encode()

    async def waiting(self) -> Listing:
        """What waits, at most 200. One item that cannot be read does not hide the others, and is not hidden itself."""
        items = (await self._call("GET", self._dialect.waiting(self._base))).json()
        if not isinstance(items, list):
            raise Transient("SvarInn's list is no list")
        read = [self._read(item) for item in items]
        shipments = tuple(shipment for shipment in read if shipment is not None)
        return Listing(shipments, len(items), len(items) - len(shipments))

    async def download(self, shipment: Shipment, destination: Path) -> None:
        """Streams the encrypted content to a file. Raises `LeftQueue`, `Transient`, or `Declined` for a foreign host."""
        link = shipment.download or self._dialect.content(self._base, shipment.shipment_id)
        if urlsplit(link)[:2] != self._origin:
            raise Declined("foreign-download-host", "Nedlastingslenken peker til en annen tjener enn SvarInn.")
        try:
            async with self._http.stream("GET", link) as response:
                _judge(response)
                with destination.open("wb") as file:
                    async for chunk in response.aiter_bytes(CHUNK):
                        await asyncio.to_thread(file.write, chunk)
        except (httpx.TransportError, httpx.InvalidURL) as away:
            raise Transient(f"SvarInn: {type(away).__name__}") from away

    async def acknowledge(self, shipment_id: UUID) -> None:
        """MOTTATT: the sender sees that it was received. Only ever after it is safe here (R7)."""
        await self._call(*self._dialect.acknowledgement(self._base, shipment_id))

    async def report_failure(self, shipment_id: UUID, text: str, *, permanent: bool) -> None:
        """FEILET: a line in the sender's log. The text has no personal data."""
        await self._call(*self._dialect.failure(self._base, shipment_id, text, permanent=permanent))

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    def _read(self, item: Any) -> Shipment | None:
        try:
            return Shipment.model_validate(self._dialect.read(item))
        except (ValidationError, TypeError, AttributeError, ValueError) as strange:
            log.error("shipment_not_understood", exception_type=type(strange).__name__, places=_places(strange))
        try:
            title = item.get("tittel")
            known = {"id": item["id"], "tittel": title if isinstance(title, str) else "", "is_understood": False}
            return Shipment.model_validate(known)
        except (ValidationError, TypeError, KeyError, AttributeError):
            return None

    async def _call(self, method: str, url: str, json: object = None) -> httpx.Response:
        try:
            response = await self._http.request(method, url, json=json)
        except httpx.TransportError as away:
            raise Transient(f"SvarInn: {type(away).__name__}") from away
        _judge(response)
        return response


def _places(strange: Exception) -> list[str]:
    """Which fields, never what stood in them."""
    if not isinstance(strange, ValidationError):
        return []
    return [".".join(str(part) for part in error["loc"]) for error in strange.errors()]


def _judge(response: httpx.Response) -> None:
    """What an answer means for us (SvarInn V2: 200; 401 and 403 credentials; 404 gone; the rest passes)."""
    if response.is_success:
        return
    if response.status_code in {401, 403}:
        raise WrongPassword
    if response.status_code in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
        raise LeftQueue
    asked = response.headers.get("retry-after", "")
    raise Transient(
        f"SvarInn answered {response.status_code}",
        retry_after=timedelta(seconds=int(asked)) if asked.isdigit() else None,
    )
