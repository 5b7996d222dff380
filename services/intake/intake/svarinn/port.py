"""The port that shipments come in through, whichever version of SvarInn stands behind it (R10)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from intake.svarinn.shipment import Shipment
from sikkersak.errors import Declined

FULL_LIST: Final = 200  # SvarInn lists no more, and has no next page


class WrongPassword(Declined):
    """SvarInn refuses our credentials: stop and alarm, do not hammer."""

    def __init__(self) -> None:
        super().__init__("svarinn-refuses-us", "SvarInn godtar ikke brukernavn eller passord for mottakersystemet.")


class LeftQueue(Declined):
    """The shipment is no longer in the queue: taken by another system, or handled in KS's own pages."""

    def __init__(self) -> None:
        super().__init__("left-queue", "Forsendelsen ligger ikke lenger i SvarInn.")


@dataclass(frozen=True)
class Listing:
    """What waits: the shipments, how many items were listed, and how many of them had not even an id."""

    shipments: tuple[Shipment, ...]
    items: int
    nameless: int = 0

    @property
    def is_full(self) -> bool:
        """More may wait behind these."""
        return self.items >= FULL_LIST


class Receiver(Protocol):
    """One receiving system (mottakersystem). Every method raises `WrongPassword`, `LeftQueue` or `Transient`."""

    @property
    def system(self) -> str:
        """Its user name: which receiving system this is."""

    @property
    def credentials(self) -> bytes:
        """What it logs in with, for telling whether that was changed."""

    async def waiting(self) -> Listing:
        """What waits, at most 200."""

    async def download(self, shipment: Shipment, destination: Path) -> None:
        """Streams the encrypted content to a file; `Declined` for a link to a foreign host."""

    async def acknowledge(self, shipment_id: UUID) -> None:
        """The sender sees that it was received. Only ever after it is safe here (R7)."""

    async def report_failure(self, shipment_id: UUID, text: str, *, permanent: bool) -> None:
        """A line in the sender's log, without personal data. Permanent: it leaves SvarInn, perhaps as paper."""

    async def close(self) -> None:
        """Closes the connections."""
