"""The client of SvarInn V2: list, download, acknowledge, report (HTTP Basic per receiving system)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import structlog
from pydantic import ValidationError

from intake.svarinn.shipment import Shipment
from sikkersak.errors import Declined, Transient

log = structlog.get_logger(__name__)

FULL_LIST = 200
CHUNK = 256 * 1024


class WrongPassword(Declined):
    """SvarInn refuses our credentials: stop and alarm, do not hammer."""

    def __init__(self) -> None:
        super().__init__("svarinn-refuses-us", "SvarInn godtar ikke brukernavn eller passord for mottakersystemet.")


class LeftQueue(Declined):
    """The shipment is no longer in the queue: taken by another system, or handled in KS's own pages."""

    def __init__(self) -> None:
        super().__init__("left-queue", "Forsendelsen ligger ikke lenger i SvarInn.")


class SvarInn:
    """One receiving system (mottakersystem). Credentials go to the configured origin only."""

    def __init__(self, base: str, username: str, password: str) -> None:
        self._base = base.rstrip("/")
        self._origin = urlsplit(base)[:2]
        self._http = httpx.AsyncClient(
            auth=httpx.BasicAuth(username, password), timeout=httpx.Timeout(30.0, read=120.0), follow_redirects=False
        )
        self.system = username

    async def waiting(self) -> list[Shipment]:
        """What waits, at most 200. One item that cannot be read does not hide the others."""
        response = await self._call("GET", f"{self._base}/svarinn/v2/forsendelser")
        shipments = []
        for item in response.json():
            try:
                shipments.append(Shipment.model_validate(item))
            except ValidationError as strange:
                places = [".".join(str(part) for part in error["loc"]) for error in strange.errors()]
                log.error("shipment_not_understood", shipment_id=str(item.get("id")), places=places)
        return shipments

    async def download(self, shipment: Shipment, destination: Path) -> None:
        """Streams the encrypted content to a file. Raises `LeftQueue`, `Transient`, or `Declined` for a foreign host."""
        link = shipment.download or f"{self._base}/svarinn/v2/forsendelser/{shipment.shipment_id}"
        if urlsplit(link)[:2] != self._origin:
            raise Declined("foreign-download-host", "Nedlastingslenken peker til en annen tjener enn SvarInn.")
        try:
            async with self._http.stream("GET", link) as response:
                _judge(response)
                with destination.open("wb") as file:
                    async for chunk in response.aiter_bytes(CHUNK):
                        file.write(chunk)
        except httpx.TransportError as away:
            raise Transient(f"SvarInn: {type(away).__name__}") from away

    async def acknowledge(self, shipment_id: UUID) -> None:
        """MOTTATT: the sender sees that it was received. Only ever after it is safe here (R7)."""
        await self._patch(shipment_id, {"status": "MOTTATT"})

    async def report_temporary_failure(self, shipment_id: UUID, text: str) -> None:
        """FEILET, not permanent: a line in the sender's log; the shipment stays. The text has no personal data."""
        await self._patch(shipment_id, {"status": "FEILET", "feil": {"feilmelding": text, "permanent": False}})

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _patch(self, shipment_id: UUID, body: dict[str, object]) -> None:
        await self._call("PATCH", f"{self._base}/svarinn/v2/forsendelser/{shipment_id}/status", json=body)

    async def _call(self, method: str, url: str, json: object = None) -> httpx.Response:
        try:
            response = await self._http.request(method, url, json=json)
        except httpx.TransportError as away:
            raise Transient(f"SvarInn: {type(away).__name__}") from away
        _judge(response)
        return response


def _judge(response: httpx.Response) -> None:
    """What an answer means for us (SvarInn V2: 200; 401 and 403 credentials; 404 gone; the rest passes)."""
    if response.is_success:
        return
    if response.status_code in {401, 403}:
        raise WrongPassword
    if response.status_code == httpx.codes.NOT_FOUND:
        raise LeftQueue
    asked = response.headers.get("retry-after", "")
    raise Transient(
        f"SvarInn answered {response.status_code}",
        retry_after=timedelta(seconds=int(asked)) if asked.isdigit() else None,
    )


@asynccontextmanager
async def connected(base: str, username: str, password: str) -> AsyncIterator[SvarInn]:
    """A client for the life of the process."""
    client = SvarInn(base, username, password)
    try:
        yield client
    finally:
        await client.close()
